#include "usecase/quality_limits.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

UseCase turbofan() {
  UseCase use_case;
  use_case.signals = {{.name = "T24", .range = std::pair{600.0, 700.0}},
                      {.name = "epr", .steady = true},
                      {.name = "cycle", .role = SignalRole::clock},
                      {.name = "Maintenance", .role = SignalRole::work_order}};
  use_case.quality = {
      .missing = 0.05, .stuck_rows = 20, .freshness_us = 10'000'000, .spike = 8, .clock_skew_us = 2'500'000};
  return use_case;
}

TEST(QualityLimits, are_as_the_role_of_the_signal_allows) {
  const UseCase use_case = turbofan();
  const auto of = [&](const char* name) { return quality_limits(use_case, *use_case.find_signal(name)); };
  EXPECT_EQ(of("T24").high, 700);
  EXPECT_EQ(of("T24").stuck_samples, 20u);
  EXPECT_EQ(of("T24").spike_deviations, 8);
  EXPECT_EQ(of("T24").skew_us, 2'500'000);
  EXPECT_EQ(of("epr").stuck_samples, 0u);
  EXPECT_EQ(of("cycle").spike_deviations, 0);
  EXPECT_EQ(of("cycle").late_us, 10'000'000);
  EXPECT_EQ(of("Maintenance").late_us, 0);
}

TEST(QualityPolicy, is_written_as_in_the_file) {
  const UseCase use_case = turbofan();
  EXPECT_EQ(quality_policy(use_case, QualityCheck::missing), "<= 5 %");
  EXPECT_EQ(quality_policy(use_case, QualityCheck::stuck), "20 samples");
  EXPECT_EQ(quality_policy(use_case, QualityCheck::late), "10 s");
  EXPECT_EQ(quality_policy(use_case, QualityCheck::clock_skew), "2.5 s");
  EXPECT_EQ(quality_policy(use_case, QualityCheck::range), "never");
  for (const auto& kind : quality_kinds()) {
    const bool always = kind.check == QualityCheck::duplicate;
    EXPECT_EQ(quality_policy(UseCase(), kind.check).has_value(), always) << kind.name;
  }
}

}  // namespace
}  // namespace millrace
