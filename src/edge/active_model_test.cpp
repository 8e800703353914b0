#include "edge/active_model.hpp"

#include "edge/testing/sample_use_case.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using ::testing::HasSubstr;

std::string refusal(const ModelFiles& files, const UseCase& use_case = testing::sample_use_case()) {
  const auto model = load_model("pump/1", files, use_case, EngineChoice::automatic);
  return model ? "" : model.error().message;
}

TEST(ActiveModel, loads_in_either_engine) {
  for (const auto choice : {EngineChoice::automatic, EngineChoice::trees, EngineChoice::onnxruntime}) {
    const auto model = load_model("pump/1", testing::sample_files(10, 100), testing::sample_use_case(), choice);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->engine->name(), choice == EngineChoice::onnxruntime ? "onnxruntime" : "trees");
    EXPECT_EQ(model->feature_hash, model->definition->hash());
  }
}

TEST(ActiveModel, a_model_that_answers_otherwise_than_its_trainer_is_refused) {
  ModelFiles files = testing::sample_files(10, 100);
  files.model_onnx = testing::sample_onnx(10, 101);
  EXPECT_THAT(refusal(files), HasSubstr("101"));
}

TEST(ActiveModel, a_model_for_other_signals_is_refused) {
  UseCase other = testing::sample_use_case();
  other.signals.push_back({.name = "c"});
  EXPECT_THAT(refusal(testing::sample_files(10, 100), other), HasSubstr("other signals"));
  other = testing::sample_use_case();
  other.name = "fan";
  EXPECT_THAT(refusal(testing::sample_files(10, 100), other), HasSubstr("made for use case pump"));
}

TEST(ActiveModel, a_model_of_another_size_is_refused) {
  ModelFiles files = testing::sample_files(10, 100);
  files.model_onnx = testing::sample_onnx(10, 100, 7);
  EXPECT_THAT(refusal(files), HasSubstr("takes 7 features, the definition gives 5"));
}

TEST(ActiveModel, broken_files_are_refused) {
  for (const int broken : {0, 1, 2}) {
    ModelFiles files = testing::sample_files(10, 100);
    (broken == 0 ? files.model_onnx : broken == 1 ? files.golden_json : files.features_json) = "not this";
    EXPECT_NE(refusal(files), "");
  }
}

}  // namespace
}  // namespace millrace
