// For the kill test: commits numbered batches until it is killed, and prints each number once the commit has returned.
//   lake_kill_writer FOLDER
#include "lake/duckdb/duckdb_lake.hpp"

#include <unistd.h>

#include <charconv>
#include <string>

namespace {

/// Batch `number`: so many rows of signal `number` (small ones are inlined in the catalogue), one event, its own marks.
millrace::LakeCommit batch(int number) {
  millrace::LakeCommit rows;
  const int points = number % 3 == 0 ? 50 : 1'000 + number * 10;
  for (int i = 0; i < points; ++i) rows.samples.add(number, 1'000'000 + i, number + i * 0.25, 0);
  rows.events.push_back({.time_us = number, .kind = "batch", .detail = std::to_string(points)});
  return rows;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto lake = millrace::open_duckdb_lake({.folder = arguments[1]});
  if (!lake) return 1;
  const auto marks = (*lake)->recover_marks();
  if (!marks) return 1;
  int number = 0;
  std::from_chars(marks->data(), marks->data() + marks->size(), number);
  for (++number;; ++number) {
    if (!(*lake)->commit(batch(number), "kill test", "", std::to_string(number))) return 1;
    const auto line = std::to_string(number) + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 1;
    if (number % 8 == 0 && !(*lake)->maintain({.expire_before_us = 4'000'000'000'000'000})) return 1;
  }
}
