#include "spool/sqlite/spool.hpp"

#include "base/assert.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"
#include "spool/sqlite/schema.hpp"
#include "spool/sqlite/sqlite_spool.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

namespace sqlite {

namespace {

constexpr std::uint64_t row_overhead_bytes = 40;

std::uint64_t row_bytes(std::string_view topic, std::string_view payload) {
  return topic.size() + payload.size() + row_overhead_bytes;
}

std::uint32_t row_crc(std::uint64_t number, std::string_view topic, std::string_view payload) {
  return crc32c(fmt::format("{}\n{}\n", number, topic)) ^ crc32c(payload);
}

}  // namespace

Result<void> SqliteSpool::open(TimeUs now_us) {
  TRY_ASSIGN(connection_, Connection::open(path_));
  TRY(connection_.execute(spool_schema, path_));
  TRY_ASSIGN(auto check, Statement::prepare(connection_, "PRAGMA quick_check(1)", path_));
  if (!check.step() || check.bytes(0) != "ok") {
    return fail(ErrorCode::corrupt, fmt::format("opening {}: the file is damaged ({})", path_, check.bytes(0)));
  }
  TRY(prepare_all());
  return load(now_us);
}

Result<void> SqliteSpool::prepare_all() {
  struct {
    Statement& statement;
    const char* sql;
  } all[] = {
      {insert_, "INSERT INTO batches VALUES(?,?,?,?,?,?)"},
      {erase_, "DELETE FROM batches WHERE number BETWEEN ? AND ?"},
      {size_of_,
       "SELECT coalesce(sum(length(CAST(topic AS BLOB)) + length(payload) + 40), 0), count(*), coalesce(sum(points), "
       "0), "
       "coalesce(min(created_us), 0), coalesce(max(created_us), 0) FROM batches WHERE number BETWEEN ? AND ?"},
      {read_, "SELECT number, created_us, crc, topic, payload FROM batches WHERE number >= ? ORDER BY number LIMIT ?"},
      {numbers_, "SELECT number FROM batches ORDER BY number"},
      {oldest_,
       "SELECT number, length(CAST(topic AS BLOB)) + length(payload) + 40, created_us FROM batches WHERE topic <> '' "
       "ORDER BY number"},
      {mark_, "INSERT INTO marks VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"},
      {recall_, "SELECT value FROM marks WHERE key = ?"},
      {meta_, "INSERT INTO meta VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"},
  };
  for (auto& [statement, sql] : all) {
    TRY_ASSIGN(statement, Statement::prepare(connection_, sql, path_));
  }
  return {};
}

Result<void> SqliteSpool::load(TimeUs now_us) {
  TRY_ASSIGN(auto meta, Statement::prepare(connection_, "SELECT value FROM meta WHERE key = ?", path_));
  if (meta.bind_text(1, "epoch").step()) epoch_ = meta.bytes(0);
  meta.reset();
  if (meta.bind_text(1, "next").step()) next_ = static_cast<std::uint64_t>(meta.integer(0));
  meta.reset();
  sent_ = next_ - 1;  // an earlier life may have sent all of it
  size_of_.bind(1, 0).bind(2, INT64_MAX);
  if (size_of_.step()) {
    state_.bytes = static_cast<std::uint64_t>(size_of_.integer(0));
    state_.batches = static_cast<std::uint64_t>(size_of_.integer(1));
  }
  if (!size_of_.reset()) return broken("opening");
  if (!epoch_.empty()) return {};
  epoch_ = random_id();
  if (!meta_.bind_text(1, "epoch").bind_text(2, epoch_).run()) return broken("opening");
  return commit(now_us);
}

Result<void> SqliteSpool::begin_after_damage(TimeUs now_us) {
  SpoolGap gap{
      .number = next_++, .to_us = now_us, .reason = "corrupt: the earlier spool file was damaged and set aside"};
  pending_.push_back({.number = gap.number, .created_us = now_us, .payload = gap_json(gap)});
  return commit(now_us);
}

Result<std::uint64_t> SqliteSpool::append(std::string_view topic, std::string_view payload, std::uint64_t points,
                                          TimeUs now_us) {
  MILLRACE_ASSERT(!topic.empty());
  auto size = row_bytes(topic, payload);
  // While a full disk keeps commits from succeeding, memory is the bound: a tenth of the spool, at least 1 MiB.
  bool too_much_buffered = pending_bytes_ + size > std::max<std::uint64_t>(options_.limit_bytes / 10, 1 << 20);
  bool rejected = options_.on_full == SpoolFullPolicy::reject && bytes() + size > options_.limit_bytes;
  if (too_much_buffered || rejected) {
    return fail(ErrorCode::exhausted,
                fmt::format("the spool {} is full: {} of {} bytes in {} batches wait for the receiver; connect it, or "
                            "raise the limit",
                            path_, bytes(), options_.limit_bytes, batches()));
  }
  pending_.push_back({next_, points, now_us, std::string(topic), std::string(payload)});
  pending_bytes_ += size;
  return next_++;
}

Result<std::string> SqliteSpool::recall(std::string_view key) const {
  if (auto mark = marks_.find(key); mark != marks_.end()) return mark->second;
  recall_.bind_text(1, key);
  if (recall_.step()) {
    std::string value(recall_.bytes(0));
    recall_.reset();
    return value;
  }
  if (!recall_.reset()) return broken("reading");
  return fail(ErrorCode::not_found, fmt::format("the spool {} remembers nothing of '{}'", path_, key));
}

Result<Spool::Memory> SqliteSpool::recall_all(std::string_view prefix) const {
  TRY_ASSIGN(auto marks,
             Statement::prepare(connection_, "SELECT key, value FROM marks WHERE key >= ? ORDER BY key", path_));
  marks.bind_text(1, prefix);
  Memory memory;
  while (marks.step() && marks.bytes(0).starts_with(prefix)) memory.emplace_back(marks.bytes(0), marks.bytes(1));
  if (!marks.reset()) return broken("reading");
  return memory;
}

Result<void> SqliteSpool::commit(TimeUs now_us) {
  state_.given_up.clear();
  TRY(connection_.execute("BEGIN IMMEDIATE", path_));
  auto state = state_;
  auto next = next_;
  auto written = write(state, next, now_us);
  if (written) written = connection_.execute("COMMIT", path_);
  if (!written) {
    // SQLite may have rolled back by itself; then this fails, which is as good.
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return written;
  }
  state_ = std::move(state);
  next_ = next;
  if (!offline_) sent_ = next_ - 1;
  pending_.clear();
  pending_bytes_ = 0;
  marks_.clear();
  acknowledged_.clear();
  rotten_.clear();
  return {};
}

Result<void> SqliteSpool::write(State& state, std::uint64_t& next, TimeUs now_us) {
  for (const auto& range : acknowledged_) TRY(erase(state, range));
  for (const auto& row : pending_) TRY(insert(state, row));
  TRY(keep_bounds(state, next, now_us));
  for (const auto& [key, value] : marks_) {
    if (!mark_.bind_text(1, key).bind_blob(2, value).run()) return broken("writing");
  }
  if (!meta_.bind_text(1, "next").bind(2, static_cast<std::int64_t>(next)).run()) return broken("writing");
  return {};
}

Result<void> SqliteSpool::insert(State& state, const Row& row) {
  insert_.bind(1, static_cast<std::int64_t>(row.number)).bind(2, row.created_us);
  insert_.bind(3, static_cast<std::int64_t>(row.points)).bind(4, row_crc(row.number, row.topic, row.payload));
  if (!insert_.bind_text(5, row.topic).bind_blob(6, row.payload).run()) return broken("writing");
  state.bytes += row_bytes(row.topic, row.payload);
  ++state.batches;
  return {};
}

Result<void> SqliteSpool::erase(State& state, BatchRange range) {
  auto first = static_cast<std::int64_t>(std::min<std::uint64_t>(range.first, INT64_MAX));
  auto last = static_cast<std::int64_t>(std::min<std::uint64_t>(range.last, INT64_MAX));
  size_of_.bind(1, first).bind(2, last);
  if (size_of_.step()) {
    state.bytes -= static_cast<std::uint64_t>(size_of_.integer(0));
    state.batches -= static_cast<std::uint64_t>(size_of_.integer(1));
  }
  if (!size_of_.reset() || !erase_.bind(1, first).bind(2, last).run()) return broken("writing");
  return {};
}

void SqliteSpool::set_offline(bool offline) {
  offline_ = offline;
  if (!offline) sent_ = next_ - 1;
}

Result<void> SqliteSpool::acknowledge(const std::vector<BatchRange>& ranges) {
  acknowledged_.insert(acknowledged_.end(), ranges.begin(), ranges.end());
  return {};
}

bool SqliteSpool::is_acknowledged(std::uint64_t number) const {
  return std::any_of(acknowledged_.begin(), acknowledged_.end(),
                     [&](const BatchRange& range) { return range.first <= number && number <= range.last; });
}

Result<std::vector<SpoolBatch>> SqliteSpool::read(std::uint64_t first, std::size_t limit) const {
  std::vector<SpoolBatch> batches;
  if (first > INT64_MAX || limit == 0) return batches;
  read_.bind(1, static_cast<std::int64_t>(first)).bind(2, -1);
  while (batches.size() < limit && read_.step()) {
    SpoolBatch batch{.number = static_cast<std::uint64_t>(read_.integer(0)), .created_us = read_.integer(1)};
    if (is_acknowledged(batch.number)) continue;
    auto topic = read_.bytes(3);
    auto payload = read_.bytes(4);
    if (row_crc(batch.number, topic, payload) != static_cast<std::uint32_t>(read_.integer(2))) {
      rotten_.insert(batch.number);  // given up, and written down, by the next commit
      continue;
    }
    batch.topic = topic;
    batch.payload = payload;
    batches.push_back(std::move(batch));
  }
  if (!read_.reset()) return broken("reading");
  return batches;
}

Result<std::vector<BatchRange>> SqliteSpool::stored() const {
  std::vector<BatchRange> ranges;
  while (numbers_.step()) {
    auto number = static_cast<std::uint64_t>(numbers_.integer(0));
    if (is_acknowledged(number)) continue;
    if (!ranges.empty() && ranges.back().last + 1 == number) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  if (!numbers_.reset()) return broken("reading");
  return ranges;
}

}  // namespace sqlite

namespace {

/// The file is made here, with its folder: for its user alone, and with a name that a power cut does not take back.
/// SQLite gives its other files the same rights, and takes an empty file for an empty database.
void make_private(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) (void)write_file(path, {}, FileMode::secret);
}

}  // namespace

Result<std::unique_ptr<Spool>> open_sqlite_spool(const std::filesystem::path& path, SpoolOptions options,
                                                 TimeUs now_us) {
  std::error_code ignored;
  make_private(path);
  auto spool = std::make_unique<sqlite::SqliteSpool>(path, options);
  auto opened = spool->open(now_us);
  if (opened) return spool;
  if (opened.error().code != ErrorCode::corrupt) return fail(opened.error());
  spool.reset();
  for (const auto* suffix : {"", "-wal", "-shm"}) {
    auto part = path.string() + suffix;
    std::filesystem::rename(part, fmt::format("{}.damaged-{}{}", path.string(), now_us / 1'000'000, suffix), ignored);
  }
  spool = std::make_unique<sqlite::SqliteSpool>(path, options);
  TRY(spool->open(now_us));
  TRY(spool->begin_after_damage(now_us));
  return spool;
}

}  // namespace millrace
