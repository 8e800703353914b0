// Invariant a: nothing that was said to be durable is lost when the power goes, at any write, whatever of the unsynced
// sectors reached the disk.
#include "spool/sqlite/spool.hpp"
#include "spool/sqlite/testing/power_cut_disk.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <climits>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>

namespace millrace {
namespace {

namespace fs = std::filesystem;
using testing::PowerCutDisk;

/// What was asked of the spool, and in which commit.
struct Ledger {
  struct Entry {
    std::string payload;
    int appended = 0;
    int acknowledged = INT_MAX;
  };
  std::string epoch;  ///< empty: `open` has not returned yet
  int returned = 0;   ///< commits that returned
  std::map<std::uint64_t, Entry> batches;
};

class Life {
 public:
  Life(const fs::path& folder, std::uint32_t seed, bool disk_lies) : folder_(folder), random_(seed), disk_(disk_lies) {
    options_.limit_bytes = below(2) == 0 ? 64u << 20 : 150'000;
    options_.on_full = below(2) == 0 ? SpoolFullPolicy::drop_oldest : SpoolFullPolicy::thin;
    disk_.before_operation(1 + below(900), [this] {
      at_cut_ = ledger_;
      disk_.cut(folder_ / "after", random_, below(2) == 0 ? 512 : 4096);
    });
  }

  /// Until the power goes; SQLite's own process goes on to the end of the call that it was in.
  void live() {
    while (!at_cut_) {
      auto spool = open_sqlite_spool(folder_ / "before" / "spool.db", options_, 1).value();
      if (at_cut_) break;
      ledger_.epoch = spool->epoch();
      for (auto commits = 1 + below(60); commits > 0 && !at_cut_; --commits) work(*spool);
    }
  }
  [[nodiscard]] const SpoolOptions& options() const { return options_; }
  [[nodiscard]] const Ledger& at_cut() const { return *at_cut_; }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  void work(Spool& spool) {
    const int commit = ledger_.returned + 1;
    for (auto batches = below(4); batches > 0; --batches) {
      std::string payload(below(10) == 0 ? below(60'000) : below(3000), static_cast<char>('a' + below(26)));
      const auto number = spool.append("topic", payload, 1, 1).value();
      ledger_.batches[number] = {std::move(payload), commit};
    }
    if (below(3) == 0) acknowledge_some(spool, commit);
    spool.remember("mark", std::to_string(commit));
    spool.set_offline(below(2) == 0);
    const bool done = spool.commit(1).has_value();
    if (done) ledger_.returned = commit;
  }
  void acknowledge_some(Spool& spool, int commit) {
    for (auto& [number, entry] : ledger_.batches) {
      if (entry.appended == commit || entry.acknowledged != INT_MAX || below(2) == 0) continue;
      static_cast<void>(spool.acknowledge({{number, number}}));
      entry.acknowledged = commit;
    }
  }

  fs::path folder_;
  std::mt19937 random_;
  PowerCutDisk disk_;
  SpoolOptions options_;
  Ledger ledger_;
  std::optional<Ledger> at_cut_;
};

std::string integrity_of(const fs::path& path) {
  sqlite3* database = nullptr;
  std::string answer;
  sqlite3_open(path.c_str(), &database);
  sqlite3_exec(
      database, "PRAGMA integrity_check",
      [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0];
        return 0;
      },
      &answer, nullptr);
  sqlite3_close(database);
  return answer;
}

/// What is wrong with the spool that is found after the power came back; empty: nothing.
std::string wrong_after(const Life& life, const fs::path& path) {
  const auto& told = life.at_cut();
  auto opened = open_sqlite_spool(path, life.options(), 1);
  if (!opened) return opened.error().message;
  auto& spool = **opened;
  if (!told.epoch.empty() && spool.epoch() != told.epoch) return "another epoch: the file was lost or given up";
  int mark = 0;
  const auto text = spool.recall("mark").value_or("0");
  std::from_chars(text.data(), text.data() + text.size(), mark);
  if (mark != told.returned && mark != told.returned + 1) {
    return fmt::format("the mark is of commit {}, {} had returned", mark, told.returned);
  }
  std::set<std::uint64_t> given_up;
  std::map<std::uint64_t, std::string> held;
  auto batches = spool.read(0, 1'000'000).value();
  for (auto& batch : batches) {
    if (!batch.topic.empty()) {
      held[batch.number] = std::move(batch.payload);
      continue;
    }
    const auto gap = parse_gap(batch.payload).value();
    for (const auto& range : gap.numbers) {
      for (auto number = range.first; number <= range.last; ++number) given_up.insert(number);
    }
  }
  for (const auto& [number, entry] : told.batches) {
    const auto found = held.find(number);
    const bool is_there = found != held.end();
    if (is_there && found->second != entry.payload) return fmt::format("batch {} is another one", number);
    if (is_there != (entry.appended <= mark && entry.acknowledged > mark && !given_up.contains(number))) {
      return fmt::format("batch {} of commit {} is {}, the mark is of commit {}", number, entry.appended,
                         is_there ? "there" : "missing", mark);
    }
  }
  const auto next = spool.append("topic", "more", 1, 1).value();
  if (!held.empty() && next <= held.rbegin()->first) return fmt::format("number {} is used twice", next);
  if (!spool.commit(1)) return "it takes nothing more";
  opened->reset();
  return integrity_of(path) == "ok" ? "" : integrity_of(path);
}

std::string wrong_with(std::uint32_t seed, bool disk_lies) {
  // In memory where there is such a folder: the real syncs of the reopened spool are not what is tested.
  const fs::path base = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
  const auto folder = base / fmt::format("millrace-power-{}-{}", ::getpid(), seed);
  fs::remove_all(folder);
  auto life = std::make_unique<Life>(folder, seed, disk_lies);
  life->live();
  fs::create_directories(folder / "after");
  auto wrong = wrong_after(*life, folder / "after" / "spool.db");
  life.reset();
  fs::remove_all(folder);
  return wrong;
}

TEST(PowerCut, InvariantA_nothing_durable_is_lost) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) ASSERT_EQ(wrong_with(seed, false), "") << "seed " << seed;
}

TEST(PowerCut, a_disk_that_only_says_it_synced_is_found_out) {
  int found = 0;
  for (std::uint32_t seed = 1; seed <= 40; ++seed) found += wrong_with(seed, true).empty() ? 0 : 1;
  EXPECT_GT(found, 20);
}

}  // namespace
}  // namespace millrace
