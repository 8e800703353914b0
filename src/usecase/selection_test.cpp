#include "usecase/selection.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace millrace {
namespace {

TEST(Selection, site_type_and_tag_must_all_fit) {
  struct Case {
    UseCase::Assets wanted;
    const char *site, *type;
    std::vector<std::string> tags;
    bool expected;
  };
  const std::vector<Case> cases{
      {{"Turbofan", "*", ""}, "plant", "Turbofan", {}, true},
      {{"Turbofan", "*", "engine"}, "plant", "Turbofan", {"old", "engine"}, true},
      {{"Turbofan", "*", "engine"}, "plant", "Turbofan", {"old"}, false},
      {{"Turbofan", "*", ""}, "plant", "turbofan", {}, false},
      {{"Turbofan", "plant", ""}, "plant", "Turbofan", {}, true},
      {{"Turbofan", "plant", ""}, "elsewhere", "Turbofan", {}, false},
      {{"Turbofan", "*", ""}, "plant", "", {}, false},
      {{"", "*", ""}, "plant", "", {}, false},
  };
  for (const auto& [wanted, site, type, tags, expected] : cases) {
    EXPECT_EQ(selects(wanted, site, type, tags), expected) << to_text(wanted) << " of " << type << " at " << site;
  }
}

TEST(Selection, is_told_in_words) {
  EXPECT_EQ(to_text({"Turbofan", "*", "engine"}), "type Turbofan, tag engine, any site");
  EXPECT_EQ(to_text({"Pump", "plant-1", ""}), "type Pump, site plant-1");
}

}  // namespace
}  // namespace millrace
