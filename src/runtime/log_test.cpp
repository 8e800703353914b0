#include "runtime/log.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

TEST(LogTest, text_line_has_fields_and_no_line_breaks) {
  EXPECT_EQ(format_log_line(LogFormat::text, 0, LogLevel::info, "gateway", "connected\nnow",
                            {{"broker", "localhost:8884"},
                             {"why", "a \"b\""},
                             {"attempt", 3},
                             {"up", true},
                             {"share", 0.5},
                             {"none", ""}}),
            "gateway: connected\\nnow broker=localhost:8884 why=\"a \\\"b\\\"\" attempt=3 up=true share=0.5 none=\"\"");
}

TEST(LogTest, json_line_is_one_object_even_for_bytes_that_are_no_text) {
  auto line =
      format_log_line(LogFormat::json, 1'000'000, LogLevel::warning, "edge-1", "late \xff", {{"asset", "engine-061"}});
  auto document = nlohmann::json::parse(line);
  EXPECT_EQ(document["time"], "1970-01-01T00:00:01.000000Z");
  EXPECT_EQ(document["level"], "warning");
  EXPECT_EQ(document["asset"], "engine-061");
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(LogTest, level_decides_what_is_written) {
  set_up_log({.process = "test", .level = LogLevel::warning});
  EXPECT_FALSE(log_enabled(LogLevel::info));
  EXPECT_TRUE(log_enabled(LogLevel::error));
  testing::internal::CaptureStderr();
  log_info("not seen");
  log_error("seen {}", {{"n", 1}});  // braces are text, not a format
  auto written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(written.find("not seen"), std::string::npos);
  EXPECT_NE(written.find("error test: seen {} n=1"), std::string::npos) << written;
  EXPECT_EQ(written.find('\x1b'), std::string::npos);
  set_up_log({.process = "test"});
}

TEST(LogTest, levels_have_names) {
  EXPECT_EQ(*parse_log_level("debug"), LogLevel::debug);
  EXPECT_FALSE(parse_log_level("loud"));
}

}  // namespace
}  // namespace millrace
