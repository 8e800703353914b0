#include "net/http/event_format.hpp"
#include "net/http/message.hpp"
#include "net/http/route_table.hpp"
#include "net/http/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace millrace::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(TargetTest, path_and_query_are_decoded) {
  auto target = parse_target("/api/v1/assets/engine%20061?signals=T24%2CPs30&from=&limit=5&x+y=1");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/v1/assets/engine 061");
  EXPECT_EQ(target->raw_path, "/api/v1/assets/engine%20061");
  EXPECT_THAT(target->query,
              ElementsAre(Pair("from", ""), Pair("limit", "5"), Pair("signals", "T24,Ps30"), Pair("x y", "1")));
}

TEST(TargetTest, refuses_what_could_mislead_a_handler) {
  for (const char* text :
       {"", "*", "http://elsewhere/", "/%", "/%4", "/%zz", "/a/../b", "/%2e%2e/b", "/a/.", "/a%00b", "/?a=%f"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
  EXPECT_TRUE(parse_target("/..a/b..c/.../"));
}

TEST(TargetTest, encoding_goes_round) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(*percent_decode(percent_encode(all)), all);
}

TEST(OriginTest, takes_addresses_apart) {
  auto plain = parse_origin("http://127.0.0.1:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host + "|" + plain->port, "127.0.0.1|8080");
  EXPECT_FALSE(plain->tls);
  auto six = parse_origin("https://[::1]/");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host + "|" + six->port, "::1|443");
  EXPECT_TRUE(six->tls);
  for (const char* text : {"", "ftp://a", "https://", "https://a:b", "https://a/b", "https://user@a"})
    EXPECT_FALSE(parse_origin(text)) << text;
}

Route route(std::string method, std::string pattern) {
  return {.method = std::move(method), .pattern = std::move(pattern), .handle = [](const Request&, const Reply&) {}};
}

class RouteTableTest : public testing::Test {
 protected:
  RouteTable table_{{route("GET", "/{rest*}"), route("GET", "/api/v1/models/{use_case}/{version}"),
                     route("POST", "/api/v1/models/train"), route("GET", "/api/v1/models/{use_case}"),
                     route("POST", "/api/v1/models"), route("GET", "/api/v1/models")}};
  std::string pattern(std::string_view method, std::string_view path) {
    auto match = table_.find(method, path);
    return match.route != nullptr ? match.route->pattern : "405 " + match.allow;
  }
};

TEST_F(RouteTableTest, the_most_particular_row_wins) {
  EXPECT_EQ(pattern("GET", "/api/v1/models"), "/api/v1/models");
  EXPECT_EQ(pattern("POST", "/api/v1/models/train"), "/api/v1/models/train");
  EXPECT_EQ(pattern("GET", "/api/v1/models/turbofan"), "/api/v1/models/{use_case}");
  EXPECT_EQ(pattern("GET", "/api/v1/models/turbofan/3"), "/api/v1/models/{use_case}/{version}");
  EXPECT_EQ(pattern("GET", "/index.html"), "/{rest*}");
  EXPECT_EQ(pattern("GET", "/"), "/{rest*}");
  EXPECT_EQ(pattern("HEAD", "/api/v1/models"), "/api/v1/models");
}

TEST_F(RouteTableTest, parameters_are_decoded_after_the_path_was_split) {
  EXPECT_THAT(table_.find("GET", "/api/v1/models/a%2Fb/2").parameters,
              ElementsAre(Pair("use_case", "a/b"), Pair("version", "2")));
  EXPECT_THAT(table_.find("GET", "/assets/app.js").parameters, ElementsAre(Pair("rest", "assets/app.js")));
  EXPECT_THAT(table_.find("GET", "/").parameters, ElementsAre(Pair("rest", "")));
}

TEST_F(RouteTableTest, other_method_is_405_with_the_allowed_ones) {
  EXPECT_EQ(pattern("DELETE", "/api/v1/models"), "405 POST, GET, HEAD");
  RouteTable only{{route("GET", "/a")}};
  EXPECT_EQ(only.find("GET", "/b").allow, "");
  EXPECT_EQ(only.find("POST", "/a").allow, "GET, HEAD");
}

TEST(EventFormatTest, lines_become_fields) {
  EXPECT_EQ(format_event("live", "{}"), "event: live\ndata: {}\n\n");
  EXPECT_EQ(format_event("a\nb", "1\r\n2\n3"), "event: a\ndata: 1\ndata: 2\ndata: 3\n\n");
  EXPECT_EQ(format_event("", ""), "data: \n\n");
}

TEST(ProblemTest, is_a_document_for_programs_and_people) {
  auto response = problem({ErrorCode::not_found, "no model 7 \xff"});
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
  auto document = nlohmann::json::parse(response.body);
  EXPECT_EQ(document["status"], 404);
  EXPECT_EQ(document["code"], "not_found");
}

}  // namespace
}  // namespace millrace::http
