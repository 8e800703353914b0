#include "plant/faults.hpp"

#include <gtest/gtest.h>

namespace millrace::plant {
namespace {

using Row = std::vector<opcua::ServerValue>;

/// Two variables, 0 and 1, of one asset; their values are the cycle.
Row at(int cycle) {
  const TimeUs time_us = cycle * 1'000'000;
  return {{.variable = 0, .source_time_us = time_us, .value = 1.0 * cycle},
          {.variable = 1, .source_time_us = time_us, .value = 1.0 * cycle}};
}

struct Bench {
  Faults faults;
  explicit Bench(Fault fault)
      : faults(*Faults::make({std::move(fault)}, [](std::string_view asset, std::string_view signal) {
          return asset == "e1" && signal == "T24" ? std::optional<opcua::VariableIndex>(0) : std::nullopt;
        })) {}
  Row give(int cycle, bool is_last = false, const char* asset = "e1") {
    auto row = at(cycle);
    faults.apply(asset, cycle, is_last, row);
    return row;
  }
};

TEST(Faults, a_stuck_sensor_keeps_its_value_and_then_moves_again) {
  Bench bench({.kind = "stuck", .asset = "e1", .signal = "T24", .from = 2, .cycles = 2});
  EXPECT_EQ(bench.give(1)[0].value, 1);
  EXPECT_EQ(bench.give(2)[0].value, 2);
  EXPECT_EQ(bench.give(3)[0].value, 2);
  EXPECT_EQ(bench.give(3)[1].value, 3);
  EXPECT_EQ(bench.give(4)[0].value, 4);
  EXPECT_EQ(bench.give(3, false, "e2")[0].value, 3);
}

TEST(Faults, spike_drop_out_and_skew_change_what_they_should) {
  EXPECT_EQ(Bench({.kind = "spike", .asset = "e1", .signal = "T24", .by = 50}).give(1)[0].value, 51);
  const auto gone = Bench({.kind = "drop_out", .asset = "e1", .signal = "T24"}).give(1);
  EXPECT_TRUE(is_bad(gone[0].status) && is_good(gone[1].status));
  EXPECT_EQ(gone[1].value, 1);
  const auto skewed = Bench({.kind = "clock_skew", .asset = "e1", .by = 60}).give(1);
  EXPECT_EQ(skewed[0].source_time_us, 61'000'000);
  EXPECT_EQ(skewed[1].source_time_us, 61'000'000);
}

TEST(Faults, what_is_late_comes_all_at_once_in_its_order) {
  Bench bench({.kind = "late", .asset = "e1", .from = 2, .cycles = 2});
  EXPECT_EQ(bench.give(1).size(), 2u);
  EXPECT_TRUE(bench.give(2).empty());
  EXPECT_TRUE(bench.give(3).empty());
  const auto burst = bench.give(4);
  ASSERT_EQ(burst.size(), 6u);
  EXPECT_EQ(burst[0].value, 2);
  EXPECT_EQ(burst[5].value, 4);
  EXPECT_EQ(Bench({.kind = "late", .asset = "e1"}).give(1, true).size(), 2u) << "a life's last row is not held back";
}

TEST(Faults, a_duplicate_has_the_same_time_and_is_no_point_of_its_own) {
  Bench bench({.kind = "duplicate", .asset = "e1", .signal = "T24", .by = 1});
  const auto row = bench.give(1);
  ASSERT_EQ(row.size(), 3u);
  EXPECT_EQ(row[2].source_time_us, row[0].source_time_us);
  EXPECT_EQ(row[2].value, 2);
  EXPECT_EQ(bench.faults.duplicates(), 1u);
}

TEST(Faults, what_does_not_exist_is_refused_by_name) {
  const auto none = [](std::string_view, std::string_view) { return std::optional<opcua::VariableIndex>(); };
  EXPECT_EQ(Faults::make({{.kind = "spike", .asset = "e9", .signal = "T24"}}, none).error().code, ErrorCode::not_found);
  EXPECT_FALSE(Faults::make({{.kind = "rust", .asset = "e1"}}, none));
  for (const auto kind : fault_kinds()) {
    EXPECT_TRUE(Faults::make({{.kind = std::string(kind), .asset = "e1"}}, none)) << kind;
  }
}

}  // namespace
}  // namespace millrace::plant
