#include "spool/sqlite/spool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>

namespace millrace {
namespace {

namespace fs = std::filesystem;

class SqliteSpoolTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / fmt::format("millrace-spool-{}-{}", ::getpid(), counter_++);
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] fs::path path() const { return folder_ / "spool.db"; }
  std::unique_ptr<Spool> open(SpoolOptions options = {}) {
    auto spool = open_sqlite_spool(path(), options, 1);
    EXPECT_TRUE(spool) << (spool ? "" : spool.error().message);
    return spool ? std::move(*spool) : nullptr;
  }
  static std::uint64_t append(Spool& spool, std::string_view payload, TimeUs now_us = 1) {
    auto number = spool.append("spBv1.0/p/DDATA/g/e", payload, 10, now_us);
    EXPECT_TRUE(number);
    return number ? *number : 0;
  }
  static std::vector<std::uint64_t> numbers(const Spool& spool) {
    std::vector<std::uint64_t> out;
    auto batches = spool.read(0, 1'000'000).value();
    for (const auto& batch : batches) out.push_back(batch.number);
    return out;
  }
  /// The gap records that lie in the spool.
  static std::vector<SpoolGap> gaps(const Spool& spool) {
    std::vector<SpoolGap> out;
    auto batches = spool.read(0, 1'000'000).value();
    for (const auto& batch : batches) {
      if (batch.topic.empty()) out.push_back(parse_gap(batch.payload).value());
    }
    return out;
  }
  void damage(const char* sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  fs::path folder_;
  static inline int counter_ = 0;
};

TEST_F(SqliteSpoolTest, KeepsWhatWasCommittedAndForgetsWhatWasNot) {
  std::string epoch;
  {
    auto spool = open();
    epoch = spool->epoch();
    EXPECT_EQ(append(*spool, "one"), 1u);
    EXPECT_EQ(append(*spool, std::string("t\0wo", 4)), 2u);
    EXPECT_TRUE(spool->read(0, 10)->empty());  // not committed yet
    ASSERT_TRUE(spool->commit(5));
    append(*spool, "three");
  }
  auto spool = open();
  EXPECT_EQ(spool->epoch(), epoch);
  auto batches = spool->read(0, 10).value();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].payload, "one");
  EXPECT_EQ(batches[0].created_us, 1);
  EXPECT_EQ(batches[0].topic, "spBv1.0/p/DDATA/g/e");
  EXPECT_EQ(batches[1].payload, std::string("t\0wo", 4));
  EXPECT_EQ(append(*spool, "three"), 3u);
}

TEST_F(SqliteSpoolTest, NeverUsesANumberTwice) {
  {
    auto spool = open();
    append(*spool, "a");
    append(*spool, "b");
    ASSERT_TRUE(spool->commit(1));
    ASSERT_TRUE(spool->acknowledge({{1, 2}}));
    EXPECT_TRUE(spool->read(0, 10)->empty());
    EXPECT_TRUE(spool->stored()->empty());
    ASSERT_TRUE(spool->commit(1));
    EXPECT_EQ(spool->bytes(), 0u);
    EXPECT_EQ(spool->batches(), 0u);
  }
  auto spool = open();
  EXPECT_EQ(spool->bytes(), 0u);
  EXPECT_EQ(append(*spool, "c"), 3u);
}

TEST_F(SqliteSpoolTest, RemembersInTheSameTransaction) {
  {
    auto spool = open();
    EXPECT_EQ(spool->recall("mark").error().code, ErrorCode::not_found);
    spool->remember("mark", "1");
    EXPECT_EQ(spool->recall("mark").value(), "1");
    append(*spool, "a");
    ASSERT_TRUE(spool->commit(1));
    spool->remember("mark", "2");
    append(*spool, "b");
  }
  auto spool = open();
  EXPECT_EQ(spool->recall("mark").value(), "1");
  EXPECT_EQ(spool->batches(), 1u);
}

TEST_F(SqliteSpoolTest, RecallsByPrefixInOrder) {
  auto spool = open();
  for (const auto* key : {"window/b", "window/a", "windows", "wind", "x"}) spool->remember(key, key);
  EXPECT_TRUE(spool->recall_all("window/")->empty());  // not committed yet
  ASSERT_TRUE(spool->commit(1));
  EXPECT_EQ(spool->recall_all("window/").value(), (Spool::Memory{{"window/a", "window/a"}, {"window/b", "window/b"}}));
}

TEST_F(SqliteSpoolTest, BelongsToItsUserAlone) {
  auto spool = open();
  append(*spool, "a");
  ASSERT_TRUE(spool->commit(1));
  EXPECT_EQ(fs::status(folder_).permissions(), fs::perms::owner_all);
  for (const auto* suffix : {"", "-wal"}) {
    EXPECT_EQ(fs::status(path().string() + suffix).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
}

TEST_F(SqliteSpoolTest, ReadsOnFromANumber) {
  auto spool = open();
  for (int i = 0; i < 10; ++i) append(*spool, "x");
  ASSERT_TRUE(spool->commit(1));
  ASSERT_TRUE(spool->acknowledge({{2, 3}, {7, 7}}));
  EXPECT_EQ(numbers(*spool), (std::vector<std::uint64_t>{1, 4, 5, 6, 8, 9, 10}));
  EXPECT_EQ(spool->read(5, 2)->at(1).number, 6u);
  EXPECT_EQ(spool->stored().value(), (std::vector<BatchRange>{{1, 1}, {4, 6}, {8, 10}}));
}

TEST_F(SqliteSpoolTest, RejectsAboveTheBound) {
  auto spool = open({.limit_bytes = 10'000, .on_full = SpoolFullPolicy::reject});
  std::size_t accepted = 0;
  while (spool->append("t", std::string(1000, 'x'), 1, 1)) {
    ++accepted;
    ASSERT_TRUE(spool->commit(1));
  }
  EXPECT_EQ(accepted, 9u);
  auto refused = spool->append("t", std::string(1000, 'x'), 1, 1);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_NE(refused.error().message.find("raise the limit"), std::string::npos);
  ASSERT_TRUE(spool->acknowledge({{1, 1}}));
  ASSERT_TRUE(spool->commit(1));
  EXPECT_TRUE(spool->append("t", std::string(1000, 'x'), 1, 1));
  EXPECT_TRUE(gaps(*spool).empty());
}

TEST_F(SqliteSpoolTest, DropsTheOldestAndWritesDownExactlyWhatIsMissing) {
  std::vector<bool> there(1001, false);
  {
    auto spool = open({.limit_bytes = 100'000});
    for (int i = 0; i < 1000; ++i) {
      append(*spool, std::string(1000, 'x'), i + 1);
      ASSERT_TRUE(spool->commit(i + 1));
      ASSERT_LE(spool->bytes(), 100'000u);
    }
  }
  auto spool = open({.limit_bytes = 100'000});
  std::uint64_t points = 0;
  std::set<std::uint64_t> missing;
  for (const auto& gap : gaps(*spool)) {
    EXPECT_EQ(gap.reason, "size limit");
    EXPECT_LE(gap.from_us, gap.to_us);
    points += gap.points;
    for (const auto& range : gap.numbers) {
      for (auto number = range.first; number <= range.last; ++number) missing.insert(number);
    }
  }
  std::uint64_t data = 0;
  std::uint64_t records = 0;
  auto batches = spool->read(0, 10'000).value();
  for (const auto& batch : batches) {
    if (batch.topic.empty()) {
      ++records;
      EXPECT_EQ(parse_gap(batch.payload)->number, batch.number);
      EXPECT_EQ(missing.count(batch.number), 0u) << "a gap record counts as given up";
    } else {
      ++data;
      EXPECT_EQ(missing.count(batch.number), 0u);
    }
  }
  EXPECT_EQ(records, gaps(*spool).size());
  EXPECT_EQ(points, (1000 - data) * 10);
}

TEST_F(SqliteSpoolTest, ThinsTheOldest) {
  auto spool = open({.limit_bytes = 50'000, .on_full = SpoolFullPolicy::thin});
  std::uint64_t appended = 0;
  while (gaps(*spool).empty()) {
    append(*spool, std::string(1000, 'x'));
    ++appended;
    ASSERT_TRUE(spool->commit(1));
  }
  EXPECT_EQ(gaps(*spool)[0].reason, "thinned");
  EXPECT_EQ(gaps(*spool)[0].first, 1u);
  auto left = numbers(*spool);
  EXPECT_EQ(left[0], 2u);  // every second one is still there
  EXPECT_EQ(left[1], 4u);
  EXPECT_EQ(left.size() - 1, appended - gaps(*spool)[0].points / 10);
}

TEST_F(SqliteSpoolTest, GivesUpWhatIsTooOld) {
  auto spool = open({.limit_age_us = 1000, .on_full = SpoolFullPolicy::reject});
  append(*spool, "a", 1);
  append(*spool, "b", 900);
  ASSERT_TRUE(spool->commit(900));
  EXPECT_EQ(spool->batches(), 2u);
  ASSERT_TRUE(spool->commit(1500));
  ASSERT_EQ(gaps(*spool).size(), 1u);
  EXPECT_EQ(gaps(*spool)[0].reason, "age limit");
  EXPECT_EQ(gaps(*spool)[0].first, 1u);
  EXPECT_EQ(gaps(*spool)[0].last, 1u);
  EXPECT_EQ(numbers(*spool), (std::vector<std::uint64_t>{2, 3}));
  ASSERT_TRUE(spool->commit(1'000'000));
  EXPECT_EQ(numbers(*spool), (std::vector<std::uint64_t>{3, 4}));  // gap records do not age
}

/// As long as ten times the age limit; the first 100 batches were perhaps sent before.
TEST_F(SqliteSpoolTest, ALongOutageLeavesFewGapRecordsThatTellEveryPoint) {
  auto spool = open({.limit_age_us = 200});
  std::uint64_t points = 0;
  TimeUs now_us = 0;
  const auto commit_one = [&] {
    points += 10;
    ++now_us;
    append(*spool, "payload", now_us);
    ASSERT_TRUE(spool->commit(now_us));
  };
  for (int i = 0; i < 100; ++i) commit_one();
  const auto sent = spool->stored()->back().last;
  spool->set_offline(true);
  std::size_t given_up = 0;
  for (int i = 0; i < 1900; ++i) {
    commit_one();
    given_up += spool->given_up().size();
  }
  EXPECT_LT(given_up, 120u) << "records in all, those that went into later ones counted";
  const auto records = gaps(*spool);
  EXPECT_LE(records.size(), 7u);
  EXPECT_LT(spool->bytes(), 220u * 80 + 7 * 1000) << "gap records must not push out data";
  std::uint64_t told = 0;
  std::set<std::uint64_t> missing;
  TimeUs until_us = 1;
  for (const auto& gap : records) {
    EXPECT_EQ(gap.reason, "age limit");
    EXPECT_EQ(gap.from_us, until_us) << "the records follow each other in time";
    until_us = gap.to_us + 1;
    told += gap.points;
    // A receiver that holds some of it all the same has to know how much of it.
    EXPECT_EQ(gap.batch_points.empty(), gap.first > sent);
    for (const auto& range : gap.numbers) {
      for (auto number = range.first; number <= range.last; ++number) EXPECT_TRUE(missing.insert(number).second);
    }
  }
  const auto left = spool->read(0, 1'000'000).value();
  const auto oldest = std::find_if(left.begin(), left.end(), [](const auto& batch) { return !batch.topic.empty(); });
  EXPECT_EQ(oldest->created_us, until_us);
  EXPECT_EQ(told + 10 * (left.size() - records.size()), points);
  for (const auto& batch : left) EXPECT_FALSE(missing.contains(batch.number));
  EXPECT_EQ(missing.size() + left.size(), append(*spool, "next") - 1) << "each number is there or given up";
}

TEST_F(SqliteSpoolTest, AGapRecordThatMayHaveBeenSentDoesNotGrow) {
  auto spool = open({.limit_age_us = 10});
  TimeUs now_us = 0;
  const auto outage = [&] {
    spool->set_offline(true);
    for (int i = 0; i < 100; ++i) {
      append(*spool, "payload", ++now_us);
      ASSERT_TRUE(spool->commit(now_us));
    }
  };
  outage();
  EXPECT_EQ(gaps(*spool).size(), 1u);
  const auto first = gaps(*spool)[0];
  spool->set_offline(false);
  outage();
  const auto records = gaps(*spool);
  EXPECT_EQ(records.front().number, first.number);
  EXPECT_EQ(records.front().points, first.points);
  EXPECT_FALSE(records[1].batch_points.empty()) << "committed before, perhaps sent between the outages";
  EXPECT_TRUE(records.back().batch_points.empty());
  EXPECT_EQ(std::count_if(records.begin(), records.end(), [](const auto& gap) { return gap.batch_points.empty(); }), 2);
}

TEST_F(SqliteSpoolTest, NoticesARottenBatchAndGoesOn) {
  {
    auto spool = open();
    for (int i = 0; i < 3; ++i) append(*spool, "payload");
    ASSERT_TRUE(spool->commit(1));
  }
  damage("UPDATE batches SET payload = CAST('pay1oad' AS BLOB) WHERE number = 2");
  auto spool = open();
  EXPECT_EQ(numbers(*spool), (std::vector<std::uint64_t>{1, 3}));
  ASSERT_TRUE(spool->commit(1));
  ASSERT_EQ(gaps(*spool).size(), 1u);
  EXPECT_EQ(gaps(*spool)[0].reason, "corrupt");
  EXPECT_EQ(gaps(*spool)[0].first, 2u);
  EXPECT_EQ(numbers(*spool), (std::vector<std::uint64_t>{1, 3, 4}));
}

TEST_F(SqliteSpoolTest, SetsADamagedFileAsideAndSaysSo) {
  std::string epoch;
  {
    auto spool = open();
    epoch = spool->epoch();
    append(*spool, std::string(10'000, 'x'));
    ASSERT_TRUE(spool->commit(1));
  }
  std::ofstream(path(), std::ios::binary) << std::string(20'000, 'z');
  auto spool = open();
  EXPECT_NE(spool->epoch(), epoch);
  ASSERT_EQ(gaps(*spool).size(), 1u);
  EXPECT_EQ(spool->read(0, 10)->at(0).payload, gap_json(gaps(*spool)[0]));
  EXPECT_TRUE(fs::exists(path().string() + ".damaged-0"));
}

TEST_F(SqliteSpoolTest, BelongsToOneProcess) {
  auto spool = open();
  auto second = open_sqlite_spool(path(), {}, 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_NE(second.error().message.find("another process"), std::string::npos);
}

TEST_F(SqliteSpoolTest, SaysWhereItCannotBe) {
  auto spool = open_sqlite_spool("/proc/nowhere/spool.db", {}, 1);
  ASSERT_FALSE(spool);
  EXPECT_NE(spool.error().message.find("/proc/nowhere/spool.db"), std::string::npos);
}

/// In a child process, because a limit on file sizes is for the whole process: EFBIG stands for a full disk.
int run_on_full_disk(const fs::path& path) {
  auto opened = open_sqlite_spool(path, {}, 1);
  if (!opened) return 1;
  auto& spool = **opened;
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{400'000, 400'000};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  std::uint64_t committed = 0;
  Result<void> outcome;
  for (int i = 0; i < 1000 && outcome; ++i) {
    if (!spool.append("t", std::string(10'000, 'x'), 1, 1)) return 2;
    outcome = spool.commit(1);
    if (outcome) ++committed;
  }
  if (outcome || outcome.error().code != ErrorCode::exhausted) return 3;
  if (outcome.error().message.find("no room on the disk") == std::string::npos) return 4;
  // Further appends are buffered up to a bound, then refused; what was committed can be read.
  Result<std::uint64_t> number;
  for (int i = 0; i < 100'000 && number; ++i) number = spool.append("t", std::string(10'000, 'x'), 1, 1);
  if (number || number.error().code != ErrorCode::exhausted) return 5;
  auto batches = spool.read(0, 100'000);
  if (!batches || batches->size() != committed) return 6;
  ::_exit(100 + static_cast<int>(std::min<std::uint64_t>(committed, 100)));  // as if killed: nothing is closed
}

TEST_F(SqliteSpoolTest, AFullDiskIsAClearErrorAndDoesNoDamage) {
  auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(run_on_full_disk(path()));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_GT(WEXITSTATUS(status), 100) << "see the return values of run_on_full_disk";
  auto spool = open();
  EXPECT_EQ(spool->batches(), static_cast<std::uint64_t>(WEXITSTATUS(status) - 100));
  append(*spool, "more");
  EXPECT_TRUE(spool->commit(1));
  EXPECT_TRUE(gaps(*spool).empty());
}

}  // namespace
}  // namespace millrace
