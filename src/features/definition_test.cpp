#include "features/definition.hpp"

#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace millrace {
namespace {

using ::testing::ElementsAre;

UseCase turbofan() {
  const char* folder = std::getenv("MILLRACE_SOURCE");
  const std::filesystem::path source = folder == nullptr ? "." : folder;
  return *parse_use_case(*read_file(source / "examples/usecases/turbofan-maintenance.yaml"));
}

TEST(FeatureDefinition, comes_from_the_use_case) {
  const auto definition = compile_features(turbofan());
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->layout.measured, 21u);
  EXPECT_EQ(definition->layout.context, 3u);
  EXPECT_TRUE(definition->layout.clock);
  EXPECT_EQ(definition->size(), 21u * 8 + 1);
  EXPECT_EQ(definition->names()[0], "T2.last");
  EXPECT_EQ(definition->names().back(), "age");
  EXPECT_EQ(definition->names().size(), definition->size());
}

FeatureDefinition two_regimes() {
  FeatureDefinition definition{.use_case = "u", .layout = {{"a", "still", "load"}, 2, 1, false}, .window = 4};
  definition.each = {{Statistic::last, 0}, {Statistic::delta_first, 3}};
  definition.used = {0, 1};
  return definition;
}

/// Rows that jump between two loads; `a` depends on the load, `still` never changes.
std::vector<double> rows_of_two_loads() {
  std::vector<double> rows;
  for (int i = 0; i < 200; ++i) {
    const double load = i % 3 == 0 ? 100 : 10;
    rows.insert(rows.end(), {load * 2 + i % 5, 7, load + 0.01 * (i % 7)});
  }
  return rows;
}

TEST(FitNormalisation, finds_regimes_and_drops_constant_signals) {
  FeatureDefinition definition = two_regimes();
  const auto rows = rows_of_two_loads();
  ASSERT_TRUE(fit_normalisation(definition, rows, 2, true, 1));
  EXPECT_THAT(definition.used, ElementsAre(0));
  const auto& fit = definition.normalisation;
  ASSERT_EQ(fit.regimes(), 2u);
  EXPECT_NE(fit.regime_of(std::vector<double>{100}), fit.regime_of(std::vector<double>{10}));
  EXPECT_NEAR(fit.mean[fit.regime_of(std::vector<double>{10})][0], 22, 0.2);
  EXPECT_NEAR(fit.scale[0][0], std::sqrt(2), 0.1);
}

TEST(FitNormalisation, is_deterministic) {
  FeatureDefinition one = two_regimes(), two = two_regimes();
  const auto rows = rows_of_two_loads();
  ASSERT_TRUE(fit_normalisation(one, rows, 2, true, 42));
  ASSERT_TRUE(fit_normalisation(two, rows, 2, true, 42));
  EXPECT_EQ(one.hash(), two.hash());
}

TEST(FitNormalisation, refuses_what_cannot_be_fitted) {
  FeatureDefinition definition = two_regimes();
  EXPECT_FALSE(fit_normalisation(definition, {}, 2, false, 1));
  definition.layout = {{"a", "still"}, 2, 0, false};
  EXPECT_FALSE(fit_normalisation(definition, std::vector<double>(20, 1.0), 2, false, 1));
}

TEST(FeatureDefinition, json_round_trip_keeps_every_bit) {
  FeatureDefinition definition = two_regimes();
  ASSERT_TRUE(fit_normalisation(definition, rows_of_two_loads(), 2, false, 7));
  const auto read = parse_feature_definition(to_json(definition));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->hash(), definition.hash());
  EXPECT_EQ(read->normalisation.mean, definition.normalisation.mean);
  EXPECT_EQ(read->layout, definition.layout);
  EXPECT_EQ(read->each, definition.each);
}

TEST(FeatureDefinition, broken_json_is_refused) {
  const std::string json = to_json(two_regimes());
  EXPECT_FALSE(parse_feature_definition(json.substr(0, json.size() / 2)));
  EXPECT_FALSE(parse_feature_definition("{}"));
  std::string wrong = json;
  wrong.replace(wrong.find("\"measured\": 2"), 13, "\"measured\": 9");
  EXPECT_FALSE(parse_feature_definition(wrong));
}

}  // namespace
}  // namespace millrace
