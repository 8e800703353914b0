#include "ingest/ingest.hpp"

#include "lake/duckdb/duckdb_lake.hpp"
#include "signal/quality_counts.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"
#include "sparkplug/topic.hpp"
#include "spool/spool.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace millrace {
namespace {

namespace sp = sparkplug;

/// A gateway's messages -> sparkplug::Host -> Ingest -> a real lake. The test decides when a commit runs and how it
/// ends.
class IngestTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-ingest-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    open();
  }
  void TearDown() override {
    host_.reset();
    lake_.reset();
    std::filesystem::remove_all(folder_);
  }
  /// As after a start of the process: all that was not stored is gone.
  void open(IngestOptions options = {}) {
    host_.reset();
    lake_.reset();
    commit_rows_ = nullptr;
    acknowledged_.clear();
    auto opened = open_duckdb_lake({.folder = folder_});
    ASSERT_TRUE(opened) << opened.error().message;
    lake_ = std::move(*opened);
    ingest_ = std::make_unique<Ingest>(options, clock_, handlers());
    const auto start = read_ingest_start(*lake_);
    ASSERT_TRUE(start) << start.error().message;
    ingest_->start(*start);
    host_ = std::make_unique<sp::Host>(
        sp::HostOptions{.host = "platform"}, clock_,
        sp::Host::Handlers{
            .publish = [](const sp::Publication&) -> Result<void> { return {}; },
            .birth = [this](sp::DeviceState& d, const sp::Payload& p, TimeUs t) { ingest_->on_birth(d, p, t); },
            .death = [this](sp::DeviceState& d, TimeUs t) { ingest_->on_death(d, t); },
            .data = [this](sp::DeviceState& d, std::string_view p, TimeUs t) { ingest_->on_data(d, p, t); }});
    host_->on_connected(clock_.now_us());
    bear();
  }
  Ingest::Handlers handlers() {
    return {.commit = [this](const LakeCommit& rows,
                             const std::string& marks) { commit_rows_ = &rows, commit_marks_ = marks; },
            .acknowledge =
                [this](const std::string& site, const std::string& node, const std::string& epoch,
                       const std::string& ranges) {
                  acknowledged_.push_back(site + "/" + node + " " + epoch + " " + ranges);
                },
            .meaning = [](std::string_view, std::string_view, std::string_view signal) -> std::optional<SignalMeaning> {
              if (signal == "cycle")
                return SignalMeaning{.role = SignalRole::clock, .use_case = "turbofan", .unit = "cycles"};
              if (signal == "work")
                return SignalMeaning{.role = SignalRole::work_order, .codes = {{2, "failure"}}, .use_case = "turbofan"};
              return std::nullopt;
            }};
  }
  void bear() {
    seq_ = 0;
    sp::Payload node{.time_ms = 1, .seq = seq_++};
    node.metrics.push_back(sp::unsigned_metric("bdSeq", 0, 1));
    if (!foreign_) node.metrics.push_back(sp::text_metric(std::string(sp::names::epoch), "e1", 1));
    send(sp::MessageType::nbirth, "", sp::encode(node));
    sp::Payload device{.time_ms = 1, .seq = seq_++};
    std::uint64_t alias = 1;
    for (const auto* name : {"T24", "cycle", "work"}) {
      sp::Metric metric{.name = name, .alias = alias++, .time_ms = 1, .type = sp::DataType::float64, .value = 0.0};
      if (metric.name == "T24") metric.properties = {{"engUnit", sp::DataType::string, std::string("degR")}};
      device.metrics.push_back(metric);
    }
    send(sp::MessageType::dbirth, "engine-061", sp::encode(device));
  }
  void send(sp::MessageType type, std::string_view device, const std::string& payload) {
    host_->on_message(sp::format_topic(type, "plant", "gateway", device), payload, clock_.now_us());
  }
  /// `batch` 0: a foreign node without numbers.
  void data(std::uint64_t batch, std::vector<sp::DataPoint> points, std::string_view text_name = {},
            std::string_view text = {}, std::string_view epoch = "e1", std::string_view device = "engine-061") {
    sp::DataEncoder encoder;
    for (const auto& point : points) encoder.add(point);
    if (!text_name.empty()) encoder.add_text(text_name, 1, text);
    std::string payload(encoder.bytes());
    if (batch != 0) {
      sp::append_text(payload, sp::names::epoch, epoch, 1);
      sp::append_unsigned(payload, sp::names::batch, batch, 1);
    }
    sp::append_seq(payload, seq_++ % 256);
    send(device.empty() ? sp::MessageType::ndata : sp::MessageType::ddata, device, payload);
  }
  void pass(std::int64_t by_us) {
    clock_.advance_us(by_us);
    ingest_->on_timer(clock_.now_us());
  }
  /// Runs the commit that was asked for, if any.
  bool commit() {
    if (commit_rows_ == nullptr) return false;
    const auto* rows = std::exchange(commit_rows_, nullptr);
    const auto outcome = lake_->commit(*rows, "ingest", "", commit_marks_);
    EXPECT_TRUE(outcome) << outcome.error().message;
    ingest_->on_committed(outcome, clock_.now_us());
    return true;
  }
  double number(const std::string& sql) {
    const auto result = lake_->query(sql);
    EXPECT_TRUE(result) << result.error().message;
    return result ? result->number(0, 0) : no_value;
  }

  bool foreign_ = false;
  std::filesystem::path folder_;
  ManualClock clock_{1'000'000'000};
  std::uint64_t seq_ = 0;
  std::unique_ptr<Lake> lake_;
  std::unique_ptr<Ingest> ingest_;
  std::unique_ptr<sp::Host> host_;
  const LakeCommit* commit_rows_ = nullptr;
  std::string commit_marks_;
  std::vector<std::string> acknowledged_;
};

TEST_F(IngestTest, StoresPointsSignalsAndDecisionsAndThenAcknowledges) {
  data(1,
       {{.alias = 1, .time_ms = 5, .value = 641.5}, {.alias = 2, .time_ms = 5, .value = 1, .server_time_ms = 2'000}});
  data(2, {{.alias = 1, .time_ms = 6, .value = no_value, .status = status::bad_sensor_failure}}, sp::names::decision,
       R"({"decision_id":"d1","asset":"engine-061","advice":"none","source_time_us":6000})");
  EXPECT_FALSE(commit()) << "not due";
  pass(200'000);
  EXPECT_TRUE(acknowledged_.empty()) << "nothing is acknowledged that is not stored";
  ASSERT_TRUE(commit());
  EXPECT_EQ(acknowledged_, std::vector<std::string>{"plant/gateway e1 1-2"});
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 3);
  EXPECT_EQ(number("SELECT value FROM samples JOIN signals USING (signal_id) WHERE signal = 'T24' AND unit = 'degR' "
                   "AND epoch_ms(source_time) = 5"),
            641.5);
  EXPECT_EQ(number("SELECT status FROM samples WHERE value IS NULL"), status::bad_sensor_failure);
  EXPECT_EQ(number("SELECT epoch_ms(server_time) FROM samples WHERE server_time IS NOT NULL"), 2'000);
  EXPECT_EQ(number("SELECT count(*) FROM signals"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM decisions"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE kind = 'online'"), 2);
  EXPECT_EQ(ingest_->stats().stored_points, 3u);
  EXPECT_TRUE(ingest_->idle());
}

TEST_F(IngestTest, PassesOverWhatItHoldsAlsoAfterARestart) {
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}});
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}});
  pass(200'000);
  ASSERT_TRUE(commit());
  data(2, {{.alias = 1, .time_ms = 6, .value = 2}});  // taken, not stored: the process dies
  open();
  acknowledged_.clear();
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}});
  data(2, {{.alias = 1, .time_ms = 6, .value = 2}});
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(acknowledged_, std::vector<std::string>{"plant/gateway e1 1-2"});
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 2);
  EXPECT_EQ(ingest_->stats().duplicate_batches, 1u);
  acknowledged_.clear();
  data(2, {{.alias = 1, .time_ms = 6, .value = 2}});
  pass(10'000);
  EXPECT_EQ(acknowledged_, std::vector<std::string>{"plant/gateway e1 1-2"}) << "the acknowledgement was lost: again";
  data(1, {{.alias = 1, .time_ms = 7, .value = 3}}, {}, {}, "e2");
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(acknowledged_.back(), "plant/gateway e2 1") << "a new spool counts anew";
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 3);
}

TEST_F(IngestTest, TriesAFailedCommitAgainAndFillsTheNextBufferMeanwhile) {
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}});
  pass(200'000);
  ASSERT_NE(commit_rows_, nullptr);
  commit_rows_ = nullptr;
  ingest_->on_committed(fail(ErrorCode::exhausted, "disk full"), clock_.now_us());
  EXPECT_EQ(ingest_->stats().failed_commits, 1u);
  data(2, {{.alias = 1, .time_ms = 6, .value = 2}});
  pass(500'000);
  EXPECT_EQ(commit_rows_, nullptr) << "not yet";
  pass(500'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(acknowledged_, std::vector<std::string>{"plant/gateway e1 1"}) << "2 is not stored yet";
  ASSERT_TRUE(commit()) << "and 2 right after";
  EXPECT_EQ(acknowledged_.back(), "plant/gateway e1 1-2");
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 2);
}

TEST_F(IngestTest, CommitsAndTriesAgainInTimeThoughTheClockIsSetBack) {
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}});
  clock_.jump_us(-3'600'000'000);
  pass(200'000);
  ASSERT_NE(commit_rows_, nullptr);
  commit_rows_ = nullptr;
  ingest_->on_committed(fail(ErrorCode::unavailable, "disk away"), clock_.now_us());
  clock_.jump_us(-3'600'000'000);
  pass(1'000'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 1);
}

TEST_F(IngestTest, SlowCommitsBecomeRarerUpToALimit) {
  const auto commit_that_takes_us = [&](std::int64_t us) {
    clock_.advance_us(us);
    ASSERT_TRUE(commit());
  };
  data(1, {{.alias = 1, .time_ms = 1, .value = 1}});
  pass(200'000);
  commit_that_takes_us(300'000);
  data(2, {{.alias = 1, .time_ms = 2, .value = 1}});
  pass(880'000);
  EXPECT_EQ(commit_rows_, nullptr) << "three times as long as the last one took";
  pass(20'000);
  commit_that_takes_us(5'000'000);
  data(3, {{.alias = 1, .time_ms = 3, .value = 1}});
  pass(1'000'000);
  commit_that_takes_us(0);
  data(4, {{.alias = 1, .time_ms = 4, .value = 1}});
  pass(200'000);
  EXPECT_TRUE(commit()) << "it is fast again";
}

TEST_F(IngestTest, RefusesWithoutAcknowledgementWhenTheBufferIsFull) {
  open({.commit_rows = 2, .buffer_rows = 2});
  for (std::uint64_t batch = 1; batch <= 8; ++batch) data(batch, {{.alias = 1, .time_ms = batch, .value = 1}});
  EXPECT_EQ(ingest_->stats().refused_batches, 4u) << "two are being committed, two wait";
  data(0, {{.alias = 1, .time_ms = 99, .value = 1}});
  EXPECT_EQ(ingest_->stats().lost_points, 1u);
  while (commit()) pass(200'000);
  EXPECT_EQ(acknowledged_.back(), "plant/gateway e1 1-4");
  for (std::uint64_t batch = 5; batch <= 8; ++batch) {
    data(batch, {{.alias = 1, .time_ms = batch, .value = 1}});
    while (commit()) pass(200'000);
  }
  pass(200'000);
  commit();
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 8);
}

TEST_F(IngestTest, WritesGapsDownAndClosesTheRanges) {
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}});
  data(9, {}, sp::names::gap,
       gap_json({.number = 9, .first = 2, .last = 8, .points = 70, .reason = "size limit", .numbers = {{2, 8}}}), "e1",
       {});
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(acknowledged_, std::vector<std::string>{"plant/gateway e1 1-9"});
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE kind = 'gap' AND detail LIKE '%\"points\":70%'"), 1);
}

TEST_F(IngestTest, AGapOfAnEdgeBehindTheGatewayClosesNoneOfTheGatewaysNumbers) {
  const SpoolGap of_edge{.number = 3, .first = 2, .last = 2, .points = 7, .reason = "age limit", .numbers = {{2, 2}}};
  const SpoolGap settled{.number = 4, .first = 1, .last = 1, .reason = "age limit"};
  data(1, {}, sp::names::gap, gap_json(of_edge));
  data(3, {}, sp::names::gap, gap_json(settled));
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(acknowledged_, std::vector<std::string>{"plant/gateway e1 1,3"});
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE kind = 'gap'"), 1) << "of which one batch is missing";
}

TEST_F(IngestTest, StoresTheCountsOfDataQualityOnceWithTheirBatch) {
  const auto counts = quality_counts_json(std::vector<QualityCount>{{0, "T24", QualityCheck::stuck, 3}});
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}}, sp::names::quality, counts);
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}}, sp::names::quality, counts);  // sent again
  pass(200'000);
  ASSERT_TRUE(commit());
  data(1, {{.alias = 1, .time_ms = 5, .value = 1}}, sp::names::quality, counts);
  data(2, {}, sp::names::quality, "no list");
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(number("SELECT sum(n) FROM quality WHERE asset = 'engine-061' AND signal = 'T24' AND kind = 'stuck'"), 3);
  EXPECT_EQ(number("SELECT count(*) FROM quality"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE kind = 'corrupt_quality'"), 1);
}

TEST_F(IngestTest, MakesWorkOrdersOutOfPlantSignals) {
  data(1, {{.alias = 2, .time_ms = 5, .value = 200}, {.alias = 3, .time_ms = 5, .value = 2}});
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(number("SELECT clock FROM work_orders WHERE kind = 'failure' AND asset = 'engine-061' AND source = 'live' "
                   "AND use_case = 'turbofan'"),
            200);
  EXPECT_EQ(number("SELECT count(*) FROM signals WHERE signal = 'cycle' AND unit = 'cycles'"), 1);
}

TEST_F(IngestTest, TakesReadingsFromTheBirthsOfForeignNodesOnce) {
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 0) << "a node with a spool sends them as data";
  foreign_ = true;
  open();
  data(0, {{.alias = 1, .time_ms = 5, .value = 7}});
  bear();  // again, with the older values of the births
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 4) << "three of the first birth, one as data";
  EXPECT_TRUE(acknowledged_.empty());
}

TEST_F(IngestTest, SurvivesNonsense) {
  data(1, {{.alias = 77, .time_ms = 5, .value = 1}});
  data(2, {}, sp::names::decision, "{nonsense");
  data(3, {}, sp::names::gap, "nonsense");
  std::string broken = "\x12\x7f broken";
  sp::append_seq(broken, seq_++ % 256);
  send(sp::MessageType::ddata, "engine-061", broken);
  pass(200'000);
  ASSERT_TRUE(commit());
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 0);
  EXPECT_EQ(ingest_->stats().unknown_metrics, 1u);
  EXPECT_GE(ingest_->stats().corrupt_messages, 1u);
}

TEST_F(IngestTest, StoresImportsInTheirPlaceAndTellsWhenTheyAreDurable) {
  LakeCommit import;
  const auto id = ingest_->assign("plant", "engine-001", "T24", "degR", "temperature");
  import.samples.add(id, 5, 640, status::good);
  import.work_orders.push_back(
      {.time_us = 9, .asset = "engine-001", .kind = "failure", .clock = 192, .source = "import"});
  SnapshotId stored = 0;
  ASSERT_TRUE(ingest_->submit(
      std::move(import), [&](const Result<SnapshotId>& snapshot) { stored = *snapshot; }, clock_.now_us()));
  pass(200'000);
  EXPECT_EQ(stored, 0);
  ASSERT_TRUE(commit());
  EXPECT_EQ(stored, *lake_->snapshot());
  EXPECT_EQ(number("SELECT count(*) FROM samples JOIN signals USING (signal_id) WHERE asset = 'engine-001'"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM work_orders WHERE source = 'import'"), 1);
}

}  // namespace
}  // namespace millrace
