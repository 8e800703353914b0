#include "runtime/metrics.hpp"
#include "runtime/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using testing::HasSubstr;

TEST(MetricsTest, scrape_shows_everything_that_was_registered) {
  MetricRegistry metrics;
  auto points = metrics.counter("millrace_points_total", "Points received", {{"site", "a"}});
  points.add();
  points.add(41);
  metrics.gauge("millrace_lag_seconds", "Age of the newest point").set(1.5);
  double depth = 3;
  metrics.watch("millrace_queue_depth", "Waiting", [&] { return depth; });
  metrics.watch("millrace_taken_total", "Taken", [&] { return 10 * depth; });
  EXPECT_THAT(metrics.scrape(), HasSubstr("millrace_taken_total 30"));
  depth = 4;
  auto text = metrics.scrape();
  EXPECT_THAT(text, HasSubstr("# TYPE millrace_queue_depth gauge"));
  EXPECT_THAT(text, HasSubstr("# TYPE millrace_taken_total counter"));
  EXPECT_THAT(text, HasSubstr("millrace_taken_total 40"));
  EXPECT_THAT(text, HasSubstr("# HELP millrace_points_total Points received"));
  EXPECT_THAT(text, HasSubstr("millrace_points_total{site=\"a\"} 42"));
  EXPECT_THAT(text, HasSubstr("millrace_lag_seconds 1.5"));
  EXPECT_THAT(text, HasSubstr("millrace_queue_depth 4"));
}

TEST(MetricsTest, same_name_and_labels_are_the_same_metric) {
  MetricRegistry metrics;
  metrics.counter("millrace_a_total", "A").add(1);
  metrics.counter("millrace_a_total", "A").add(1);
  EXPECT_EQ(metrics.counter("millrace_a_total", "A").value(), 2);
}

TEST(MetricsTest, empty_handles_do_nothing) {
  Counter counter;
  Gauge gauge;
  counter.add();
  gauge.set(1);
  EXPECT_EQ(counter.value() + gauge.value(), 0);
}

TEST(MetricsTest, process_metrics_are_measured) {
  MetricRegistry metrics;
  metrics.add_process_metrics();
  EXPECT_THAT(metrics.scrape(), HasSubstr("process_resident_memory_bytes"));
  EXPECT_GT(resident_memory_bytes(), 1u << 20);
  EXPECT_GE(process_cpu_us(), 0);
}

}  // namespace
}  // namespace millrace
