#include "sparkplug/topic.hpp"

#include <gtest/gtest.h>

namespace millrace::sparkplug {
namespace {

TEST(SparkplugTopic, ReadsWhatItWrites) {
  // tck-id-topic-structure
  for (auto type : {MessageType::nbirth, MessageType::ndeath, MessageType::ndata, MessageType::ncmd}) {
    auto text = format_topic(type, "plant", "gateway");
    auto topic = parse_topic(text);
    ASSERT_TRUE(topic) << text;
    EXPECT_EQ(topic->type, type);
    EXPECT_EQ(topic->group, "plant");
    EXPECT_EQ(topic->node, "gateway");
    EXPECT_TRUE(topic->device.empty());
  }
  for (auto type : {MessageType::dbirth, MessageType::ddeath, MessageType::ddata, MessageType::dcmd}) {
    auto text = format_topic(type, "plant", "gateway", "engine-061");
    auto topic = parse_topic(text);
    ASSERT_TRUE(topic) << text;
    EXPECT_EQ(topic->type, type);
    EXPECT_EQ(topic->device, "engine-061");
  }
  EXPECT_EQ(format_topic(MessageType::ddata, "g", "n", "d"), "spBv1.0/g/DDATA/n/d");
  auto state = parse_topic("spBv1.0/STATE/host-1");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->type, MessageType::state);
  EXPECT_EQ(state->host, "host-1");
}

TEST(SparkplugTopic, RefusesWhatIsNone) {
  for (const auto* text : {"", "/", "spBv1.0", "spBv1.0/g", "spBv1.0/g/NDATA", "spBv1.0/g/NDATA/", "spBv1.0//NDATA/n",
                           "spAv1.0/g/NDATA/n", "spBv1.0/g/NDATA/n/d", "spBv1.0/g/DDATA/n", "spBv1.0/g/DDATA/n/d/e",
                           "spBv1.0/g/XDATA/n", "spBv1.0/STATE/h/i"}) {
    EXPECT_FALSE(parse_topic(text)) << text;
  }
  EXPECT_FALSE(check_name("device", ""));
  EXPECT_FALSE(check_name("device", "a/b"));
  EXPECT_FALSE(check_name("device", "a+"));
  EXPECT_FALSE(check_name("device", "#"));
  EXPECT_TRUE(check_name("device", "engine 061"));
}

}  // namespace
}  // namespace millrace::sparkplug
