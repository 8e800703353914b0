#include "features/window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

namespace millrace {
namespace {

struct StoredSample {
  std::size_t column = 0;
  TimeUs time_us = 0;
  StatusCode status = status::good;
  double value = 0;
};

std::shared_ptr<const FeatureDefinition> definition_of(std::uint32_t window = 30) {
  FeatureDefinition definition{
      .use_case = "u", .layout = {{"a", "b", "c", "load", "cycle"}, 3, 1, true}, .window = window};
  for (const char* name :
       {"last", "mean", "std", "slope", "trend_end", "min", "max", "range", "mean_5", "std_7", "delta_first_10"}) {
    definition.each.push_back(*parse_statistic(name));
  }
  definition.used = {0, 2};
  definition.age = true;
  definition.normalisation = {{50}, {30}, {{-1}, {1}}, {{1, 2, 3}, {4, 5, 6}}, {{2, 2, 2}, {3, 3, 3}}};
  return std::make_shared<const FeatureDefinition>(definition);
}

/// Raw data as it comes from a plant: several columns a time, now and then one absent, bad or uncertain.
std::vector<StoredSample> plant_data(std::size_t rows, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<StoredSample> samples;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t column = 0; column < 5; ++column) {
      const unsigned fate = random() % 20;
      if (fate == 0) continue;
      const double value = column == 4   ? static_cast<double>(r + 1)
                           : column == 3 ? static_cast<double>(random() % 2) * 80 + 10
                                         : static_cast<double>(random() % 1000) / 7;
      const StatusCode code = fate == 1 ? status::bad_sensor_failure : fate == 2 ? status::uncertain : status::good;
      samples.push_back({column, static_cast<TimeUs>(r + 1) * 1000, code, value});
    }
  }
  return samples;
}

class Pipeline {
 public:
  explicit Pipeline(std::shared_ptr<const FeatureDefinition> definition) : window(definition), aligner_(5, 1'000'000) {}
  void feed(const StoredSample& s) {
    aligner_.push(s.column, s.time_us, s.status, s.value, 0, [this](const Row& row) { take(row); });
  }
  void finish() {
    aligner_.flush([this](const Row& row) { take(row); });
  }
  void take(const Row& row) {
    if (window.push(row) != AssetWindow::Pushed::appended) return;
    std::vector<float> vector(window.definition().size());
    window.compute(vector);
    vectors.push_back(vector);
  }
  AssetWindow window;
  std::vector<std::vector<float>> vectors;

 private:
  Aligner aligner_;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

bool same_bits(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return same_bits(x, y); });
}

std::vector<std::vector<float>> replay(const std::vector<StoredSample>& samples) {
  Pipeline pipeline(definition_of());
  for (const auto& sample : samples) pipeline.feed(sample);
  pipeline.finish();
  return pipeline.vectors;
}

TEST(AssetWindow, statistics_are_what_they_say) {
  FeatureDefinition plain{.use_case = "u", .layout = {{"a"}, 1, 0, false}, .window = 4};
  for (const char* name :
       {"last", "mean", "std", "slope", "trend_end", "min", "max", "range", "mean_2", "std_2", "delta_first_2"}) {
    plain.each.push_back(*parse_statistic(name));
  }
  plain.used = {0};
  AssetWindow window(std::make_shared<const FeatureDefinition>(plain));
  const Cell good = Cell::good;
  TimeUs time_us = 0;
  for (const double value : {100.0, 2.0, 4.0, 6.0, 12.0}) {
    window.push({++time_us, std::span(&value, 1), std::span(&good, 1), false});
  }
  std::vector<float> f(plain.size());
  window.compute(f);
  const std::vector<float> expected{12, 6, std::sqrt(14.0f), 3.2f, 10.8f, 2, 12, 10, 9, 3, 6 - 51};
  for (std::size_t i = 0; i < f.size(); ++i) EXPECT_FLOAT_EQ(f[i], expected[i]) << plain.names()[i];
  EXPECT_EQ(window.rows(), 5u);
  EXPECT_EQ(window.clock(), 5);
}

// Invariant b: features(replay) == features(live), bit for bit.
TEST(InvariantB, replaying_stored_raw_data_gives_bit_identical_features) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto samples = plant_data(200, seed);
    const auto stored = replay(samples);
    // Live: the samples of one time come in any order, and the process is restarted now and then.
    auto live_samples = samples;
    std::mt19937 random(seed);
    for (auto begin = live_samples.begin(); begin != live_samples.end();) {
      const auto end =
          std::find_if(begin, live_samples.end(), [&](const auto& s) { return s.time_us != begin->time_us; });
      std::shuffle(begin, end, random);
      begin = end;
    }
    Pipeline live(definition_of());
    for (const auto& sample : live_samples) {
      live.feed(sample);
      if (random() % 50 != 0) continue;
      AssetWindow restored(definition_of());
      ASSERT_TRUE(restored.deserialise(live.window.serialise()));
      live.window = std::move(restored);
    }
    live.finish();
    EXPECT_TRUE(same_bits(stored, live.vectors)) << "seed " << seed;
  }
}

// Invariant b: rows that come late (backfill) are put where they belong; what follows equals a replay in order.
TEST(InvariantB, after_a_backfill_the_features_equal_a_replay) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto samples = plant_data(120, seed);
    const auto stored = replay(samples);
    std::vector<StoredSample> held_back;
    Pipeline live(definition_of());
    std::size_t fed = 0;
    for (const auto& sample : samples) {
      const bool in_outage = sample.time_us > 80'000 && sample.time_us <= 90'000;
      if (in_outage) held_back.push_back(sample);
      if (!in_outage) live.feed(sample);
      if (++fed == samples.size() - 40) {
        for (const auto& late : held_back) live.feed(late);
      }
    }
    live.finish();
    ASSERT_GT(live.vectors.size(), 5u);
    for (std::size_t back = 1; back <= 5; ++back) {
      EXPECT_TRUE(same_bits(stored[stored.size() - back], live.vectors[live.vectors.size() - back])) << "seed " << seed;
    }
  }
}

TEST(InvariantB, a_change_of_the_model_keeps_the_raw_rows) {
  const auto samples = plant_data(100, 3);
  Pipeline changed(definition_of());
  FeatureDefinition other = *definition_of();
  other.used = {1};
  ASSERT_TRUE(changed.window.change_definition(std::make_shared<const FeatureDefinition>(other)));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i == samples.size() / 2) {
      ASSERT_TRUE(changed.window.change_definition(definition_of()));
    }
    changed.feed(samples[i]);
  }
  changed.finish();
  EXPECT_TRUE(same_bits(replay(samples).back(), changed.vectors.back()));
  FeatureDefinition foreign = other;
  foreign.layout.columns[0] = "z";
  EXPECT_FALSE(changed.window.change_definition(std::make_shared<const FeatureDefinition>(foreign)));
}

TEST(AssetWindow, a_repeated_row_changes_nothing) {
  const auto samples = plant_data(40, 5);
  Pipeline once(definition_of()), twice(definition_of());
  for (const auto& sample : samples) once.feed(sample), twice.feed(sample);
  for (const auto& sample : samples) twice.feed(sample);
  std::vector<float> a(once.window.definition().size()), b(a);
  once.window.compute(a);
  twice.window.compute(b);
  EXPECT_TRUE(same_bits(a, b));
  EXPECT_EQ(once.window.rows(), twice.window.rows());
}

TEST(AssetWindow, a_work_order_ends_the_life) {
  Pipeline pipeline(definition_of());
  for (const auto& sample : plant_data(40, 5)) pipeline.feed(sample);
  const TimeUs end_us = pipeline.window.newest_us();
  pipeline.window.reset(end_us);
  EXPECT_EQ(pipeline.window.rows(), 0u);
  EXPECT_EQ(pipeline.window.newest_us(), end_us);
  const double values[5]{1, 2, 3, 10, 1};
  const Cell cells[5]{Cell::good, Cell::good, Cell::good, Cell::good, Cell::good};
  EXPECT_EQ(pipeline.window.push({end_us, values, cells, false}), AssetWindow::Pushed::ignored);
  EXPECT_EQ(pipeline.window.push({end_us + 1, values, cells, false}), AssetWindow::Pushed::appended);
  EXPECT_EQ(pipeline.window.rows(), 1u);
}

TEST(AssetWindow, quality_of_the_newest_row) {
  AssetWindow window(definition_of());
  const double values[5]{1, 2, NAN, 10, 1};
  const Cell cells[5]{Cell::good, Cell::good, Cell::bad, Cell::good, Cell::good};
  window.push({1, values, cells, false});
  EXPECT_DOUBLE_EQ(window.inputs_good(), 0.5);
  EXPECT_EQ(window.clock(), 1);
}

TEST(AssetWindow, torn_state_is_refused_and_leaves_the_window_alone) {
  Pipeline pipeline(definition_of());
  for (const auto& sample : plant_data(40, 5)) pipeline.feed(sample);
  const std::string state = pipeline.window.serialise();
  const auto rows = pipeline.window.rows();
  for (std::size_t size = 0; size < state.size(); size += 7)
    EXPECT_FALSE(pipeline.window.deserialise(state.substr(0, size)));
  std::string flipped = state;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  EXPECT_EQ(pipeline.window.deserialise(flipped).error().code, ErrorCode::corrupt);
  EXPECT_EQ(pipeline.window.rows(), rows);
}

}  // namespace
}  // namespace millrace
