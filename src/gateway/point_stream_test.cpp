#include "gateway/point_stream.hpp"

#include "sparkplug/data_decoder.hpp"
#include "sparkplug/names.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

namespace millrace {
namespace {

struct Read {
  std::uint64_t alias, time_ms;
  double value;
  StatusCode status;
  bool is_historical;
  bool operator==(const Read&) const = default;
};

std::vector<Read> read(std::string_view metrics) {
  std::vector<Read> out;
  sparkplug::DataDecoder decoder(metrics);
  for (sparkplug::DataMetric metric; decoder.next(metric);) {
    out.push_back({metric.alias, metric.time_ms, metric.value, metric.status, metric.is_historical});
  }
  EXPECT_TRUE(decoder.ok());
  return out;
}

struct Bench {
  AcquisitionPlan plan;
  AliasTable aliases;
  bool open = true;
  std::vector<std::pair<std::uint32_t, std::string>> published;
  std::optional<PointStream> stream;

  Bench() {
    plan.items.resize(1);
    for (const auto* id : {"a", "b"}) {
      plan.assets.push_back({.id = id, .properties = {"Turbofan", {"engine"}}});
      for (const auto* name : {"T24", "T30"}) {
        auto index = plan.catalogue.add({.asset = id, .name = name, .unit = "degR", .low = 0, .high = 1000}).value();
        plan.assets.back().signals.push_back(index);
        plan.asset_of.push_back(static_cast<std::uint32_t>(plan.assets.size() - 1));
        plan.limits.push_back({.low = 0, .high = 1000});
      }
    }
    restart();
  }
  void restart() {
    stream.emplace(
        plan, aliases, 1 << 20,
        PointStream::Handlers{
            .live = [this](std::uint32_t asset, std::string_view metrics) { published.emplace_back(asset, metrics); },
            .spool_open = [this] { return open; }});
  }
  void give(std::vector<Sample> samples, bool is_backfill = false) { stream->on_samples(samples, is_backfill, 1); }
  /// What the checks found, as the asset's next batch tells it.
  std::vector<QualityCount> found(std::uint32_t asset) {
    for (const auto& batch : take()) {
      sparkplug::DataDecoder decoder(batch.metrics);
      for (sparkplug::DataMetric metric; decoder.next(metric);) {
        if (batch.asset == asset && metric.name == sparkplug::names::quality)
          return parse_quality_counts(metric.text).value();
      }
    }
    return {};
  }
  std::vector<PointBatch> take() {
    std::vector<PointBatch> batches;
    stream->take(batches);
    return batches;
  }
};

Sample at_ms(SignalIndex signal, TimeUs time_ms, double value, StatusCode status = status::good) {
  return {.signal = signal, .status = status, .source_time_us = time_ms * 1000, .value = value};
}

Sample at_us(SignalIndex signal, TimeUs time_us, double value) {
  return {.signal = signal, .source_time_us = time_us, .value = value};
}

TEST(PointStream, GroupsByAssetAndSpoolsWhatItPublished) {
  Bench bench;
  bench.give({at_ms(0, 10, 1), at_ms(2, 10, 2), at_ms(1, 10, 3)});
  ASSERT_EQ(bench.published.size(), 2u);
  EXPECT_EQ(read(bench.published[0].second), (std::vector<Read>{{1, 10, 1, 0, false}, {2, 10, 3, 0, false}}));
  EXPECT_EQ(bench.published[1].first, 1u);
  bench.give({at_ms(0, 11, 4)});
  auto batches = bench.take();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].points, 3u);
  EXPECT_EQ(read(batches[0].metrics).size(), 3u);
  EXPECT_EQ(decode_marks(batches[0].marks).value(), (std::vector<Mark>{{1, 11'000}, {2, 10'000}}));
  EXPECT_TRUE(bench.take().empty());
}

TEST(PointStream, APointGoesOnOnce) {
  Bench bench;
  bench.give({at_ms(0, 10, 1), at_ms(0, 10, 1), at_ms(0, 9, 0)});
  bench.give({at_ms(0, 10, 1)}, true);
  EXPECT_EQ(bench.published.size(), 1u);
  EXPECT_EQ(bench.take()[0].points, 1u);
  EXPECT_EQ(bench.stream->counters().repeated, 3u);
  EXPECT_EQ(bench.stream->mark_us(0), 10'000);
}

TEST(PointStream, GoesOnAfterARestartWhereTheSpoolStopped) {
  Bench bench;
  bench.give({at_ms(0, 10, 1), at_ms(1, 12, 1)});
  auto marks = decode_marks(bench.take()[0].marks).value();
  bench.give({at_ms(0, 20, 2)});  // published, but lost with the process before it was in the spool
  bench.restart();
  bench.stream->restore(0, marks);
  EXPECT_EQ(bench.stream->mark_us(0), 10'000);
  bench.published.clear();
  bench.give({at_ms(0, 10, 1), at_ms(0, 20, 2), at_ms(0, 21, 3), at_ms(1, 12, 1)}, true);
  ASSERT_EQ(bench.published.size(), 1u);
  EXPECT_EQ(read(bench.published[0].second), (std::vector<Read>{{1, 20, 2, 0, true}, {1, 21, 3, 0, true}}));
  EXPECT_EQ(bench.take()[0].points, 2u);
}

using Points = std::vector<Read>;

TEST(PointStream, TwoReadingsOfOneMillisecondAreTwoPoints) {
  Bench bench;
  bench.give({at_us(0, 10'000, 1), at_us(0, 10'400, 2), at_us(0, 10'400, 2)});
  const Points both{{1, 10, 1, 0, false}, {1, 10, 2, 0, false}};
  EXPECT_EQ(read(bench.published[0].second), both);
  const auto batches = bench.take();
  EXPECT_EQ(batches[0].points, 2u);
  EXPECT_EQ(read(batches[0].metrics), both);
  EXPECT_EQ(bench.stream->mark_us(0), 10'400);
}

TEST(PointStream, ARestartBetweenTwoReadingsOfOneMillisecondLosesNone) {
  Bench bench;
  bench.give({at_us(0, 10'000, 1)});
  const auto marks = decode_marks(bench.take()[0].marks).value();
  bench.restart();
  bench.stream->restore(0, marks);
  bench.give({at_us(0, 10'000, 1), at_us(0, 10'400, 2)}, true);  // the source's history, from the mark on
  EXPECT_EQ(read(bench.take()[0].metrics), (Points{{1, 10, 2, 0, true}}));
}

TEST(PointStream, HistoryOfAMillisecondKeepsItsOrderBesideWhatThePlantTellsNow) {
  Bench bench;
  bench.open = false;
  bench.give({at_us(0, 10'000, 1), at_us(0, 10'400, 2)});
  bench.open = true;
  bench.give({at_us(0, 10'000, 1), at_us(0, 10'400, 2), at_us(0, 10'800, 3)}, true);
  EXPECT_EQ(read(bench.published.back().second), (Points{{1, 10, 3, 0, true}}));
  EXPECT_EQ(read(bench.take()[0].metrics), (Points{{1, 10, 1, 0, true}, {1, 10, 2, 0, true}, {1, 10, 3, 0, true}}));
}

TEST(PointStream, MarksStandStillWhileTheSpoolTakesNothing) {
  Bench bench;
  bench.give({at_ms(0, 10, 1)});
  bench.take();
  bench.open = false;
  bench.give({at_ms(0, 11, 2)});
  EXPECT_EQ(bench.published.size(), 2u);  // the site still gets it
  EXPECT_TRUE(bench.take().empty());
  EXPECT_EQ(bench.stream->mark_us(0), 10'000);
  bench.open = true;
  bench.published.clear();
  bench.give({at_ms(0, 11, 2), at_ms(0, 12, 3)}, true);                                  // the source's history
  EXPECT_EQ(read(bench.published[0].second), (std::vector<Read>{{1, 12, 3, 0, true}}));  // 11 was published before
  auto batches = bench.take();
  EXPECT_EQ(read(batches[0].metrics).size(), 2u);
  EXPECT_EQ(batches[0].points, 2u);
}

TEST(PointStream, JudgesQualityAndKeepsBadValues) {
  Bench bench;
  auto nan = std::numeric_limits<double>::quiet_NaN();
  bench.give({at_ms(0, 1, 5000), at_ms(0, 2, nan, status::bad_no_communication), at_ms(0, 3, 5, status::uncertain)});
  auto points = read(bench.published[0].second);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].value, 5000);
  EXPECT_FALSE(is_good(points[0].status));
  EXPECT_EQ(points[1].status, status::bad_no_communication);
  EXPECT_TRUE(std::isnan(points[1].value));
  EXPECT_EQ(points[2].status, status::uncertain);
  EXPECT_EQ(bench.stream->counters().not_good, 3u);
}

TEST(PointStream, CountsWhatItFoundInTheBatchThatHoldsTheSamples) {
  Bench bench;
  bench.give({at_ms(0, 1, 5000), at_ms(0, 2, 5000), at_ms(1, 2, 1), at_ms(2, 2, 1)});
  EXPECT_EQ(bench.found(0), (std::vector<QualityCount>{{0, "T24", QualityCheck::range, 2}}));
  EXPECT_TRUE(bench.found(0).empty());  // told once
  bench.open = false;                   // the samples will be read again from history, and counted then
  bench.give({at_ms(0, 3, 5000)});
  bench.open = true;
  bench.give({at_ms(0, 3, 5000), at_ms(0, 4, 1)}, true);
  EXPECT_EQ(bench.found(0), (std::vector<QualityCount>{{0, "T24", QualityCheck::range, 1}}));
}

TEST(PointStream, CountsASecondValueOfATimeAndAClockThatWasSetBack) {
  Bench bench;
  bench.give({at_ms(0, 10, 1), at_ms(0, 10, 1), at_ms(0, 10, 2), at_ms(0, 9, 3)});
  EXPECT_EQ(bench.found(0), (std::vector<QualityCount>{{0, "T24", QualityCheck::clock_skew, 1},
                                                       {0, "T24", QualityCheck::duplicate, 1}}));
  bench.give({at_us(0, 10'400, 5)});  // another source time: another reading, and no finding
  EXPECT_TRUE(bench.found(0).empty());
  bench.give({at_ms(0, 10, 7), at_ms(0, 9, 7)}, true);  // history tells again what was there
  EXPECT_TRUE(bench.found(0).empty());
}

TEST(PointStream, SilenceIsCountedUntilAWorkOrderEndsTheLife) {
  Bench bench;
  for (auto& limits : bench.plan.limits) limits.late_us = 5'000'000;
  auto order = bench.plan.catalogue.add({.asset = "b", .name = "Maintenance", .role = SignalRole::work_order}).value();
  bench.plan.assets[1].signals.push_back(order);
  bench.plan.asset_of.push_back(1);
  bench.plan.limits.emplace_back();
  bench.restart();
  bench.give({at_ms(0, 1, 1), at_ms(2, 1, 1), at_ms(order, 1, 2)});
  bench.take();
  bench.stream->poll_quality(60'000'000);
  bench.stream->poll_quality(61'000'000);
  EXPECT_EQ(bench.found(0), (std::vector<QualityCount>{{0, "T24", QualityCheck::late, 1}}));
  EXPECT_TRUE(bench.found(1).empty());
}

TEST(PointStream, KeepsBatchesSmallInALongBackfill) {
  Bench bench;
  std::vector<Sample> samples;
  for (TimeUs i = 1; i <= 50'000; ++i) samples.push_back(at_ms(0, i, 1));
  bench.give(samples, true);
  auto batches = bench.take();
  std::uint64_t points = 0;
  for (const auto& batch : batches) {
    points += batch.points;
    EXPECT_LT(batch.metrics.size(), 256u * 1024);
    EXPECT_EQ(decode_marks(batch.marks).value()[0].time_us / 1000, TimeUs(read(batch.metrics).back().time_ms));
  }
  EXPECT_EQ(points, 50'000u);
  EXPECT_GT(batches.size(), 5u);
}

TEST(PointStream, DescribesItsMetricsInBirths) {
  Bench bench;
  bench.give({at_ms(0, 10, 641)});
  sparkplug::Payload birth{.time_ms = 99};
  bench.stream->describe(0, birth);
  EXPECT_EQ(sparkplug::asset_properties(birth), bench.plan.assets[0].properties);
  ASSERT_EQ(birth.metrics.size(), 4u);
  EXPECT_EQ(birth.metrics[2].name, "T24");
  EXPECT_EQ(birth.metrics[2].alias, 1u);
  EXPECT_EQ(birth.metrics[2].value, sparkplug::Value(641.0));
  EXPECT_EQ(birth.metrics[3].value, sparkplug::Value());
  EXPECT_EQ(birth.metrics[2].properties[1].key, "engUnit");
}

TEST(ReplayRing, KeepsTheNewestWithinItsBytes) {
  ReplayRing ring(2, 20'000);
  for (std::uint64_t i = 0; i < 100; ++i) ring.add(0, i, std::string(1000, 'x'));
  ring.add(1, 5, "y");
  EXPECT_LE(ring.chunks(0).size(), 10u);
  EXPECT_EQ(ring.chunks(0).back().newest_ms, 99u);
  EXPECT_EQ(ring.chunks(1).front().metrics, "y");
}

}  // namespace
}  // namespace millrace
