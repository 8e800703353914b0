#include "runtime/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Config parse(std::string_view text) {
  auto config = Config::parse(text, "etc/gateway.yaml");
  EXPECT_TRUE(config) << config.error().message;
  return std::move(*config);
}

TEST(ConfigTest, reads_what_is_written_and_falls_back_for_what_is_not) {
  auto config = parse(
      "site: site-1\nmqtt:\n  port: 8884\n  keep_alive: 15 s\n  topics: [a, b]\nspool:\n  limit: 256 MiB\n"
      "  path: spool.db\nsecure: true\nnodes:\n  - name: one\n  - name: two\n");
  auto root = config.root();
  EXPECT_EQ(root.text("site"), "site-1");
  EXPECT_TRUE(root.flag("secure", false));
  auto mqtt = root.section("mqtt");
  EXPECT_EQ(mqtt.port("port"), 8884);
  EXPECT_EQ(mqtt.duration_us("keep_alive", 0), 15'000'000);
  EXPECT_EQ(mqtt.text("host", "localhost"), "localhost");
  EXPECT_THAT(mqtt.texts("topics", {}), ElementsAre("a", "b"));
  auto spool = root.section("spool");
  EXPECT_EQ(spool.size_bytes("limit", 0), 256u << 20);
  EXPECT_EQ(spool.path("path"), std::filesystem::path("etc/spool.db"));
  std::vector<std::string> names;
  for (auto& node : root.sections("nodes")) names.push_back(node.text("name"));
  EXPECT_THAT(names, ElementsAre("one", "two"));
  EXPECT_EQ(root.section("absent").integer("depth", 7), 7);
  EXPECT_TRUE(config.finish());
  EXPECT_THAT(config.effective(),
              testing::AllOf(HasSubstr("mqtt.port: 8884\n"), HasSubstr("mqtt.host: localhost  # default\n")));
}

TEST(ConfigTest, every_mistake_is_reported_at_once_with_its_line_and_remedy) {
  auto config = parse("siet: site-1\nmqtt:\n  port: 70000\n  keepalive: 15 s\n  keep_alive: 15\nlevel: loud\n");
  auto root = config.root();
  root.text("site");
  auto mqtt = root.section("mqtt");
  mqtt.port("port");
  mqtt.duration_us("keep_alive", 0);
  root.word("level", {"debug", "info"}, "info");
  auto outcome = config.finish();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(
      outcome.error().message,
      "etc/gateway.yaml:1: 'site' is missing\n"
      "etc/gateway.yaml:1: unknown key 'siet'; did you mean \"site\"?\n"
      "etc/gateway.yaml:3: 'mqtt.port' must be a port from 0 to 65535, not '70000'\n"
      "etc/gateway.yaml:4: unknown key 'mqtt.keepalive'; did you mean \"keep_alive\"?\n"
      "etc/gateway.yaml:5: 'mqtt.keep_alive' must be a time like '10 s', '250 ms', '5 min', '2 h' or '30 d', not '15'\n"
      "etc/gateway.yaml:6: 'level' must be one of 'debug', 'info', not 'loud'");
}

TEST(ConfigTest, unknown_keys_are_found_at_every_depth_and_once) {
  auto config = parse("a:\n  b:\n    c: 1\n    x: 1\n\"\": 2\nlist:\n  - {name: n, y: 1}\nwhole: {z: 1}\n");
  auto root = config.root();
  root.section("a").section("b").integer("c", 0);
  for (auto& item : root.sections("list")) item.text("name");
  EXPECT_EQ(config.finish().error().message,
            "etc/gateway.yaml:4: unknown key 'a.b.x'\n"
            "etc/gateway.yaml:5: unknown key ''\n"
            "etc/gateway.yaml:7: unknown key 'list.y'\n"
            "etc/gateway.yaml:8: unknown key 'whole'");
}

TEST(ConfigTest, values_of_the_wrong_kind_are_named) {
  auto config = parse("a: [1]\nb: 1\nc: x\nd: 1.5\ne: {f: 1}\ng: [{}, 1]\nh: {}\n");
  auto root = config.root();
  root.text("a");
  root.section("b");
  root.flag("c", false);
  root.integer("d", 0);
  root.texts("e", {});
  root.sections("g");
  root.sections("h");
  auto message = config.finish().error().message;
  EXPECT_THAT(message, HasSubstr(":1: 'a' must be one value"));
  EXPECT_THAT(message, HasSubstr(":2: 'b' must hold keys of its own"));
  EXPECT_THAT(message, HasSubstr(":3: 'c' must be true or false, not 'x'"));
  EXPECT_THAT(message, HasSubstr(":4: 'd' must be a whole number, not '1.5'"));
  EXPECT_THAT(message, HasSubstr(":5: 'e' must be a list of texts"));
  EXPECT_THAT(message, HasSubstr(":6: each of 'g' must hold keys of its own"));
  EXPECT_THAT(message, HasSubstr(":7: 'h' must be a list"));
}

TEST(ConfigTest, broken_files_are_refused_with_file_and_line) {
  auto message = [](std::string_view text) {
    auto config = Config::parse(text, "x.yaml");
    return config ? "taken" : config.error().message;
  };
  EXPECT_THAT(message("a: 1\nb: [\n"), HasSubstr("x.yaml:"));
  EXPECT_EQ(message("a: 1\na: 2\n"), "x.yaml:2: 'a' stands twice, first in line 1");
  EXPECT_THAT(message("a: &x 1\nb: *x\n"), HasSubstr("x.yaml:1: anchor"));
  EXPECT_THAT(message("a: 1\n---\nb: 2\n"), HasSubstr("a second document"));
  EXPECT_THAT(message("- a\n"), HasSubstr("x.yaml:1: not a mapping"));
  EXPECT_THAT(message("[a]: b\n"), HasSubstr("a key must be a word"));
  EXPECT_THAT(message(std::string(2000, '[')), HasSubstr("x.yaml:1:"));
  EXPECT_THAT(message(std::string(2u << 20, ' ')), HasSubstr("larger than 1 MiB"));
  EXPECT_EQ(message(""), "taken");
  EXPECT_EQ(message("# nothing\n"), "taken");
  EXPECT_THAT(Config::load("/does/not/exist.yaml").error().message, HasSubstr("/does/not/exist.yaml"));
}

TEST(ConfigTest, own_checks_are_reported_like_all_others) {
  auto config = parse("low: 5\nhigh: 3\n");
  auto root = config.root();
  if (root.integer("low", 0) > root.integer("high", 0)) root.refuse("high", "must not be below 'low'");
  EXPECT_EQ(config.finish().error().message, "etc/gateway.yaml:2: 'high' must not be below 'low'");
}

}  // namespace
}  // namespace millrace
