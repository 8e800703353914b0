#include "sparkplug/asset_properties.hpp"

#include "sparkplug/names.hpp"

#include <gtest/gtest.h>

namespace millrace::sparkplug {
namespace {

TEST(AssetProperties, come_back_from_a_birth_on_the_wire) {
  for (const AssetProperties& properties :
       {AssetProperties{"Turbofan", {"engine", "line-3"}}, AssetProperties{"Pump", {}}, AssetProperties{}}) {
    Payload birth{.time_ms = 5};
    tell(properties, birth);
    EXPECT_EQ(asset_properties(decode(encode(birth)).value()), properties);
  }
}

TEST(AssetProperties, are_empty_where_a_birth_does_not_tell_or_tells_nonsense) {
  EXPECT_EQ(asset_properties({}), AssetProperties());
  Payload birth;
  birth.metrics.push_back(unsigned_metric(std::string(names::type), 7, 1));
  birth.metrics.push_back(text_metric(std::string(names::tags), ",a,,b,", 1));
  EXPECT_EQ(asset_properties(birth), (AssetProperties{"", {"a", "b"}}));
}

}  // namespace
}  // namespace millrace::sparkplug
