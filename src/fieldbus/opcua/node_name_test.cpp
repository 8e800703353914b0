#include "fieldbus/opcua/node_name.hpp"

#include <gmock/gmock.h>

namespace millrace::opcua {
namespace {

using testing::HasSubstr;

TEST(NodeName, ReadsNamespaceUriAndName) {
  const auto name = parse_node_name("nsu=urn:millrace:plant;s=engine-061.T24");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->namespace_uri, "urn:millrace:plant");
  EXPECT_EQ(name->text, "engine-061.T24");
  EXPECT_EQ(to_string(*name), "nsu=urn:millrace:plant;s=engine-061.T24");
}

TEST(NodeName, ReadsNumbersAndTheStandardNamespace) {
  EXPECT_EQ(parse_node_name("i=2258").value(), (NodeName{.number = 2258, .numeric = true}));
  EXPECT_EQ(parse_node_name("nsu=urn:x;i=7").value(),
            (NodeName{.namespace_uri = "urn:x", .number = 7, .numeric = true}));
}

TEST(NodeName, SemicolonsInTheUriAreEscaped) {
  const auto name = parse_node_name("nsu=urn:a%3Bb%25c;s=x;y");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->namespace_uri, "urn:a;b%c");
  EXPECT_EQ(name->text, "x;y");
  EXPECT_EQ(to_string(*name), "nsu=urn:a%3Bb%25c;s=x;y");
}

TEST(NodeName, RefusesIndicesAndRubbishWithARemedy) {
  for (const char* text : {"ns=3;s=a", "nsu=urn:x", "nsu=;s=a", "nsu=urn:x;s=", "i=x", "i=4294967296", "engine", ""}) {
    const auto name = parse_node_name(text);
    ASSERT_FALSE(name) << text;
    EXPECT_THAT(name.error().message, HasSubstr("nsu=URI;s=NAME")) << text;
  }
}

TEST(NodeName, FindsTheNamespaceOfThisSession) {
  EXPECT_EQ(find_namespace({"http://opcfoundation.org/UA/", "urn:server", "urn:plant"}, "urn:plant").value(), 2);
  EXPECT_EQ(find_namespace({}, "").value(), 0);
  const auto missing = find_namespace({"urn:a", "urn:b"}, "urn:plant");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("only: urn:a, urn:b"));
}

}  // namespace
}  // namespace millrace::opcua
