#include "registry/model_version.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

ModelVersion good_model() {
  ModelVersion model;
  model.use_case = "turbofan-maintenance";
  model.number = 3;
  model.code_commit = "0123abc";
  model.dataset = {12, 20'000, 60, std::string(64, 'a')};
  model.gates = {{"rmse", "<=", 15, 11.2, true}};
  model.files = {{"model.onnx", std::string(64, 'b'), 1000}};
  return model;
}

TEST(ModelVersion, InvariantD_ActiveNeedsDatasetCodeAndApprover) {
  ASSERT_TRUE(may_be_approved(good_model(), "operations-manager"));

  EXPECT_EQ(may_be_approved(good_model(), "").error().code, ErrorCode::invalid_argument);
  auto model = good_model();
  model.dataset = {};
  EXPECT_NE(may_be_approved(model, "me").error().message.find("dataset"), std::string::npos);
  model = good_model();
  model.code_commit.clear();
  EXPECT_NE(may_be_approved(model, "me").error().message.find("commit"), std::string::npos);
  model = good_model();
  model.files.clear();
  EXPECT_NE(may_be_approved(model, "me").error().message.find("files"), std::string::npos);
}

TEST(ModelVersion, AFailedGateIsNamed) {
  auto model = good_model();
  model.gates.push_back({"parity_with_trainer", "<=", 1e-5, 1e-3, false});
  model.state = ModelState::refused;
  const auto refused = may_be_approved(model, "me");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(refused.error().message.find("parity_with_trainer"), std::string::npos);
}

TEST(ModelVersion, OnlyCandidatesAreApproved) {
  for (const auto state : {ModelState::refused, ModelState::approved, ModelState::retired}) {
    auto model = good_model();
    model.state = state;
    EXPECT_FALSE(may_be_approved(model, "me")) << to_string(state);
    EXPECT_EQ(*parse_model_state(to_string(state)), state);
  }
  EXPECT_FALSE(parse_model_state("active?"));
}

TEST(ModelVersion, NamesHaveTwoParts) {
  EXPECT_EQ(parse_model_name("turbofan-maintenance/3")->number, 3);
  EXPECT_EQ(parse_model_name("turbofan-maintenance/3")->use_case, "turbofan-maintenance");
  for (const auto* wrong : {"", "/", "x", "/3", "x/", "x/0", "x/-1", "x/3a"})
    EXPECT_FALSE(parse_model_name(wrong)) << wrong;
}

}  // namespace
}  // namespace millrace
