#include "signal/catalogue.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(SignalCatalogue, gives_dense_indices_and_finds_by_asset_and_name) {
  SignalCatalogue catalogue;
  EXPECT_EQ(*catalogue.add({.asset = "engine-1", .name = "T24", .unit = "degR"}), 0u);
  EXPECT_EQ(*catalogue.add({.asset = "engine-2", .name = "T24", .unit = "degR"}), 1u);
  EXPECT_EQ(catalogue.find("engine-2", "T24"), 1u);
  EXPECT_EQ(catalogue.find("engine-3", "T24"), std::nullopt);
  EXPECT_EQ(catalogue.find("engine-1", "T30"), std::nullopt);
}

TEST(SignalCatalogue, refuses_the_same_signal_twice) {
  SignalCatalogue catalogue;
  ASSERT_TRUE(catalogue.add({.asset = "a", .name = "x"}));
  EXPECT_EQ(catalogue.add({.asset = "a", .name = "x"}).error().code, ErrorCode::already_exists);
  EXPECT_EQ(catalogue.size(), 1u);
}

TEST(SignalCatalogue, revision_changes_with_the_meaning) {
  SignalCatalogue one, same, other;
  ASSERT_TRUE(one.add({.asset = "a", .name = "x", .unit = "bar"}));
  ASSERT_TRUE(same.add({.asset = "a", .name = "x", .unit = "bar", .address = "elsewhere"}));
  ASSERT_TRUE(other.add({.asset = "a", .name = "x", .unit = "kPa"}));
  EXPECT_EQ(one.revision(), same.revision());
  EXPECT_NE(one.revision(), other.revision());
}

TEST(SignalRole, round_trip_and_error) {
  EXPECT_EQ(*parse_signal_role(to_string(SignalRole::finding)), SignalRole::finding);
  EXPECT_FALSE(parse_signal_role("clok"));
}

}  // namespace
}  // namespace millrace
