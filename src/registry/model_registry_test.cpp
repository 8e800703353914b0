#include "registry/model_registry.hpp"

#include "metadata/migrations.hpp"
#include "metadata/sqlite/sqlite_database.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct ModelRegistryTest : testing::Test {
  std::unique_ptr<Database> database = std::move(*open_sqlite_database({}));
  ModelRegistry registry{*database};
  ModelRegistryTest() { EXPECT_TRUE(migrate(*database, 1)); }

  static Approval approval(TimeUs time_us) {
    return {"alice (console)", "operations-manager", "gates passed", time_us};
  }
  ModelVersion make(double rmse = 11) {
    ModelVersion model;
    model.use_case = "turbofan";
    model.number = *registry.next_number("turbofan");
    model.use_case_version = 2;
    model.created_us = model.number;
    model.code_commit = "0123abc";
    model.dataset = {12, 20'000, 60, std::string(64, 'a')};
    model.metrics = {{"rmse", rmse}};
    model.gates = {{"rmse", "<=", 15, rmse, rmse <= 15}};
    model.files = {{"model.onnx", std::string(64, 'b'), 1000}};
    return model;
  }
};

TEST_F(ModelRegistryTest, KeepsWhatWasRegistered) {
  ASSERT_TRUE(registry.add(make()));
  const auto found = registry.find("turbofan", 1);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->state, ModelState::candidate);
  EXPECT_EQ(found->use_case_version, 2);
  EXPECT_EQ(found->dataset.sha256, std::string(64, 'a'));
  EXPECT_EQ(found->gates.front().value, 11);
  EXPECT_EQ(found->files.front().size, 1000u);
  EXPECT_TRUE(found->approval.by.empty());
  EXPECT_EQ(registry.find("turbofan", 2).error().code, ErrorCode::not_found);
  auto again = make();
  again.number = 1;
  EXPECT_EQ(registry.add(again).error().code, ErrorCode::already_exists);
}

TEST_F(ModelRegistryTest, OneVersionIsApprovedAtATime) {
  ASSERT_TRUE(registry.add(make()));
  ASSERT_TRUE(registry.add(make()));
  EXPECT_FALSE(registry.approved("turbofan")->has_value());
  ASSERT_TRUE(registry.approve("turbofan", 1, approval(5)));
  ASSERT_TRUE(registry.approve("turbofan", 2, approval(6)));
  EXPECT_EQ(registry.find("turbofan", 1)->state, ModelState::retired);
  EXPECT_EQ(registry.find("turbofan", 1)->approval.by, "alice (console)");
  const auto approved = registry.approved("turbofan");
  EXPECT_EQ((*approved)->number, 2);
  EXPECT_EQ((*approved)->approval.time_us, 6);
  EXPECT_EQ((*approved)->approval.on_behalf_of, "operations-manager");
  EXPECT_EQ((*approved)->approval.comment, "gates passed");
  EXPECT_FALSE(registry.approve("turbofan", 2, approval(7)));
  EXPECT_EQ(registry.list()->front().number, 2);
}

TEST_F(ModelRegistryTest, InvariantD_NobodyIsNoApprover) {
  ASSERT_TRUE(registry.add(make()));
  EXPECT_EQ(registry.approve("turbofan", 1, {.on_behalf_of = "operations-manager"}).error().code,
            ErrorCode::invalid_argument)
      << "the owner is not who acted";
  EXPECT_FALSE(registry.approved("turbofan")->has_value());
}

TEST_F(ModelRegistryTest, ARefusedModelStaysOut) {
  ASSERT_TRUE(registry.add(make(16)));
  EXPECT_EQ(registry.find("turbofan", 1)->state, ModelState::refused);
  EXPECT_EQ(registry.approve("turbofan", 1, approval(5)).error().code, ErrorCode::failed_precondition);
  EXPECT_FALSE(registry.approved("turbofan")->has_value());
}

}  // namespace
}  // namespace millrace
