#include "signal/quality.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;

Sample at(TimeUs time_us, double value, StatusCode code = status::good) {
  return {.signal = 0, .status = code, .source_time_us = time_us, .server_time_us = time_us, .value = value};
}

QualityChecks checks_with(const QualityLimits& limits) {
  QualityChecks checks;
  checks.add(limits);
  return checks;
}

TEST(QualityChecks, out_of_range_keeps_the_value_and_gets_the_status) {
  auto checks = checks_with({.low = 0, .high = 100});
  EXPECT_EQ(checks.check(at(1, 50), 1).status, status::good);
  EXPECT_EQ(checks.check(at(2, 150), 2).status, status::bad_out_of_range);
  EXPECT_EQ(checks.count(0, QualityCheck::range), 1u);
}

TEST(QualityChecks, a_finding_is_reported_when_it_begins_and_when_it_is_over) {
  auto checks = checks_with({.low = 0, .high = 100});
  for (int i = 1; i <= 3; ++i) checks.check(at(i, 150), i);
  checks.check(at(4, 50), 4);
  const auto begun = checks.take_finding(), over = checks.take_finding();
  ASSERT_TRUE(begun && over);
  EXPECT_EQ(begun->check, QualityCheck::range);
  EXPECT_FALSE(begun->over);
  EXPECT_TRUE(over->over);
  EXPECT_EQ(over->time_us, 4);
  EXPECT_FALSE(checks.take_finding());
}

TEST(QualityChecks, missing_values_are_bad_and_the_code_of_the_source_is_kept) {
  auto checks = checks_with({});
  EXPECT_EQ(checks.check(at(1, NAN), 1).status, status::bad);
  EXPECT_EQ(checks.check(at(2, 5, status::bad_sensor_failure), 2).status, status::bad_sensor_failure);
  EXPECT_EQ(checks.count(0, QualityCheck::missing), 2u);
}

TEST(QualityChecks, stuck_by_count_and_by_time) {
  auto by_count = checks_with({.stuck_samples = 3});
  by_count.check(at(1, 7), 1);
  by_count.check(at(2, 7), 2);
  EXPECT_FALSE(by_count.active(0, QualityCheck::stuck));
  EXPECT_EQ(by_count.check(at(3, 7), 3).status, status::uncertain_last_usable_value);
  EXPECT_EQ(by_count.check(at(4, 8), 4).status, status::good);
  auto by_time = checks_with({.stuck_us = 10 * second});
  by_time.check(at(0, 7), 0);
  by_time.check(at(9 * second, 7), 9 * second);
  EXPECT_FALSE(by_time.active(0, QualityCheck::stuck));
  by_time.check(at(10 * second, 7), 10 * second);
  EXPECT_TRUE(by_time.active(0, QualityCheck::stuck));
}

TEST(QualityChecks, a_spike_stands_out_of_the_noise_and_a_step_signal_has_none) {
  auto noisy = checks_with({.spike_deviations = 6});
  for (int i = 1; i <= 32; ++i) EXPECT_EQ(noisy.check(at(i, 100 + (i % 5)), i).status, status::good);
  EXPECT_EQ(noisy.check(at(33, 500), 33).status, status::uncertain);
  EXPECT_EQ(noisy.check(at(34, 101), 34).status, status::good);
  auto step = checks_with({.spike_deviations = 6});
  for (int i = 1; i <= 32; ++i) step.check(at(i, 1), i);
  EXPECT_EQ(step.check(at(33, 2), 33).status, status::good);
}

TEST(QualityChecks, silence_is_late_once_and_rests_where_a_life_has_ended) {
  auto checks = checks_with({.late_us = 5 * second});
  std::size_t overdue = 0;
  const auto poll = [&](TimeUs now_us) { checks.poll(now_us, [&](SignalIndex) { ++overdue; }); };
  poll(60 * second);  // nothing has ever come
  checks.check(at(61 * second, 1), 61 * second);
  poll(66 * second);
  EXPECT_EQ(overdue, 0u);
  poll(67 * second);
  poll(80 * second);
  EXPECT_EQ(overdue, 1u);
  EXPECT_TRUE(checks.active(0, QualityCheck::late));
  checks.check(at(81 * second, 2), 81 * second);
  EXPECT_FALSE(checks.active(0, QualityCheck::late));
  checks.rest(0);
  poll(200 * second);
  EXPECT_EQ(overdue, 1u);
}

TEST(QualityChecks, a_clock_ahead_is_seen_at_once_and_one_behind_when_it_stays_so) {
  const QualityLimits limits{.skew_us = 10 * second};
  auto ahead = checks_with(limits);
  EXPECT_EQ(ahead.check(at(130 * second, 1), 119 * second).status, status::uncertain);
  EXPECT_TRUE(ahead.active(0, QualityCheck::clock_skew));
  auto behind = checks_with(limits);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(behind.check(at((100 + i) * second, i), (130 + i) * second).has(QualityCheck::clock_skew)) << i;
  }
  EXPECT_TRUE(behind.check(at(110 * second, 10), 140 * second).has(QualityCheck::clock_skew));
}

TEST(QualityChecks, values_that_were_kept_over_an_outage_are_no_clock_that_is_behind) {
  auto checks = checks_with({.skew_us = 10 * second});
  checks.check(at(100 * second, 0), 100 * second);
  for (int i = 1; i <= 60; ++i) checks.check(at((100 + i) * second, i), 160 * second + i);
  EXPECT_EQ(checks.count(0, QualityCheck::clock_skew), 0u);
  auto history = checks_with({.skew_us = 10 * second});
  for (int i = 1; i <= 60; ++i) history.check(at(i * second, i), (1000 + i) * second, true);
  EXPECT_EQ(history.count(0, QualityCheck::clock_skew), 0u);
}

TEST(QualityChecks, a_second_value_of_the_same_time_is_a_duplicate) {
  auto checks = checks_with({.low = 0, .high = 10});
  EXPECT_EQ(checks.check(at(second, 1), second).findings, 0);
  const auto verdict = checks.check(at(second, 99), second);
  EXPECT_EQ(verdict.findings, bit(QualityCheck::duplicate));
  EXPECT_EQ(verdict.status, status::good);
}

TEST(QualityKind, each_check_has_a_name_a_meaning_and_a_remedy) {
  for (const auto& kind : quality_kinds()) {
    EXPECT_EQ(quality_kinds()[static_cast<std::size_t>(kind.check)].name, kind.name);
    EXPECT_EQ(find_quality_check(kind.name), kind.check);
    EXPECT_FALSE(kind.meaning.empty() || kind.remedy.empty());
  }
  EXPECT_FALSE(find_quality_check("rust"));
}

TEST(QualityChecks, findings_are_bounded_and_the_lost_ones_counted) {
  auto checks = checks_with({.low = 0, .high = 1});
  for (int i = 0; i < 1000; ++i) checks.check(at(i + 1, i % 2 == 0 ? 5 : 0.5), i + 1);
  EXPECT_EQ(checks.findings_dropped(), 1000u - 256u);
}

TEST(QualityChecks, an_unknown_index_is_left_alone) {
  auto checks = checks_with({});
  Sample sample = at(1, 1);
  sample.signal = 99;
  EXPECT_EQ(checks.check(sample, 1).status, status::good);
}

}  // namespace
}  // namespace millrace
