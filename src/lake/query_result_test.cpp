#include "lake/query_result.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

TEST(QueryResult, WritesTypedJson) {
  QueryResult result;
  result.columns = {"a\"", "b", "c", "d", "e", "f"};
  result.types = {"text", "number", "integer", "boolean", "numbers", "text"};
  result.rows.push_back({std::string("x\ny"), 0.1, std::int64_t{7}, true, std::vector<double>{1.5, std::nan("")}, {}});
  EXPECT_EQ(to_json(result),
            R"({"columns":[{"name":"a\"","type":"text"},{"name":"b","type":"number"},{"name":"c","type":"integer"},)"
            R"({"name":"d","type":"boolean"},{"name":"e","type":"numbers"},{"name":"f","type":"text"}],)"
            R"("rows":[["x\ny",0.1,7,true,[1.5,null],null]],"truncated":false})");
  EXPECT_EQ(result.column("c"), 2);
  EXPECT_EQ(result.column("z"), -1);
  EXPECT_EQ(result.number(0, 2), 7.0);
  EXPECT_TRUE(std::isnan(result.number(0, 0)));
  EXPECT_EQ(result.text(0, 1), "0.1");
}

}  // namespace
}  // namespace millrace
