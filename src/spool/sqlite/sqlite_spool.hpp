#pragma once

#include "spool/spool.hpp"
#include "spool/sqlite/database.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace millrace::sqlite {

/// What `open_sqlite_spool` gives; private to this folder. spool.cpp: what goes in and out; bounds.cpp: what gives way.
class SqliteSpool final : public Spool {
 public:
  SqliteSpool(const std::filesystem::path& path, SpoolOptions options) : path_(path.string()), options_(options) {}

  Result<void> open(TimeUs now_us);

  [[nodiscard]] std::string epoch() const override { return epoch_; }
  Result<std::uint64_t> append(std::string_view topic, std::string_view payload, std::uint64_t points,
                               TimeUs now_us) override;
  void remember(std::string_view key, std::string_view value) override { marks_[std::string(key)] = value; }
  [[nodiscard]] Result<std::string> recall(std::string_view key) const override;
  [[nodiscard]] Result<Memory> recall_all(std::string_view prefix) const override;
  Result<void> commit(TimeUs now_us) override;
  void set_offline(bool offline) override;
  [[nodiscard]] const std::vector<SpoolGap>& given_up() const override { return state_.given_up; }
  Result<void> acknowledge(const std::vector<BatchRange>& ranges) override;
  [[nodiscard]] Result<std::vector<SpoolBatch>> read(std::uint64_t first, std::size_t limit) const override;
  [[nodiscard]] Result<std::vector<BatchRange>> stored() const override;
  [[nodiscard]] std::uint64_t bytes() const override { return state_.bytes + pending_bytes_; }
  [[nodiscard]] std::uint64_t batches() const override { return state_.batches + pending_.size(); }

  /// Writes down that an earlier file was lost.
  Result<void> begin_after_damage(TimeUs now_us);

 private:
  struct Row {
    std::uint64_t number = 0, points = 0;
    TimeUs created_us = 0;
    std::string topic, payload;
  };
  /// What a commit changes, kept apart so that a failed one leaves no trace.
  struct State {
    std::uint64_t bytes = 0, batches = 0;
    std::vector<SpoolGap> given_up;                                  ///< by this commit
    std::map<std::string, std::uint64_t, std::less<>> growing_gaps;  ///< by reason: the record that may grow
  };

  Result<void> prepare_all();
  Result<void> load(TimeUs now_us);
  Result<void> write(State& state, std::uint64_t& next, TimeUs now_us);
  Result<void> insert(State& state, const Row& row);
  Result<void> erase(State& state, BatchRange range);
  Result<void> keep_bounds(State& state, std::uint64_t& next, TimeUs now_us);
  Result<void> drop(State& state, std::span<const std::uint64_t> numbers, const char* reason, std::uint64_t& next,
                    TimeUs now_us);
  Result<void> take_out(State& state, std::span<const std::uint64_t> numbers, SpoolGap& gap);
  Result<void> absorb_earlier(State& state, SpoolGap& gap);
  Result<void> write_down(State& state, SpoolGap gap, std::uint64_t& next, TimeUs now_us);
  [[nodiscard]] Result<std::vector<std::uint64_t>> too_old(TimeUs now_us) const;
  Result<std::vector<std::uint64_t>> oldest(std::uint64_t bytes_to_free, int stride) const;
  [[nodiscard]] bool is_acknowledged(std::uint64_t number) const;
  [[nodiscard]] tl::unexpected<Error> broken(std::string_view doing) const {
    return fail(database_error(connection_.handle(), doing, path_));
  }

  std::string path_;
  SpoolOptions options_;
  std::string epoch_;
  Connection connection_;  // before the statements, which die first
  mutable Statement insert_, erase_, size_of_, read_, numbers_, oldest_, mark_, recall_, meta_;
  State state_;
  std::vector<Row> pending_;
  std::uint64_t pending_bytes_ = 0;
  std::uint64_t next_ = 1;
  std::uint64_t sent_ = 0;  // up to here the receiver may hold batches
  bool offline_ = false;
  std::map<std::string, std::string, std::less<>> marks_;
  std::vector<BatchRange> acknowledged_;
  mutable std::set<std::uint64_t> rotten_;  // found by read(), given up by the next commit
};

}  // namespace millrace::sqlite
