#include "inference/engine.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <limits>

namespace millrace {
namespace {

/// Adds its two features; a stand-in is enough here, real engines pass their own contract test.
class SumEngine final : public Engine {
 public:
  explicit SumEngine(float error = 0) : error_(error) {}
  [[nodiscard]] std::size_t features() const override { return 2; }
  [[nodiscard]] std::size_t outputs() const override { return 1; }
  Result<void> run(std::span<const float> rows, std::span<float> outputs) override {
    for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k] = rows[2 * k] + rows[2 * k + 1] + error_;
    return {};
  }
  [[nodiscard]] std::string name() const override { return "sum"; }

 private:
  float error_;
};

GoldenVectors golden() { return {.features = 2, .inputs = {1, 2, 0.1F, 0.2F}, .outputs = {3, 0.1F + 0.2F}}; }

TEST(GoldenVectors, SurviveTheRoundTripBitForBit) {
  GoldenVectors before = golden();
  before.inputs[3] = std::numeric_limits<float>::quiet_NaN();
  const auto after = parse_golden_vectors(to_json(before));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->features, 2U);
  EXPECT_EQ(after->outputs, before.outputs);
  EXPECT_EQ(after->inputs[2], before.inputs[2]);
  EXPECT_TRUE(std::isnan(after->inputs[3]));
  EXPECT_EQ(after->tolerance, before.tolerance);
}

TEST(GoldenVectors, PassOnTheRightEngineAndNameTheRowThatDiffers) {
  SumEngine right;
  EXPECT_TRUE(check_golden_vectors(right, golden()));
  SumEngine wrong(1e-3F);
  const auto checked = check_golden_vectors(wrong, golden());
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(checked.error().message.find("golden vector 0"), std::string::npos) << checked.error().message;
}

TEST(GoldenVectors, RefuseDamagedFiles) {
  for (const char* text :
       {"", "[]", "{}", R"({"format":[3]})",
        R"({"format":"millrace-golden-1","features":2,"tolerance":1,"inputs":[1],"outputs":[1]})",
        R"({"format":"millrace-golden-1","features":1,"tolerance":1,"inputs":["x"],"outputs":[1]})"}) {
    EXPECT_EQ(parse_golden_vectors(text).error().code, ErrorCode::corrupt) << text;
  }
}

}  // namespace
}  // namespace millrace
