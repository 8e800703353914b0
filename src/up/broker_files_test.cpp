#include "up/broker_files.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(BrokerFiles, brokers_listen_on_loopback_and_ask_for_certificates) {
  Layout layout{.root = "/tmp/somewhere"};
  auto text = broker_configuration(layout, "site-broker", 8884);
  for (auto wanted : {"listener 8884 127.0.0.1", "require_certificate true", "allow_anonymous false",
                      "use_identity_as_username true"}) {
    EXPECT_NE(text.find(wanted), std::string::npos) << wanted;
  }
}

TEST(BrokerFiles, a_node_writes_its_own_topics_only) {
  Layout layout{.root = "/tmp/somewhere", .site = "lyon"};
  auto text = site_access_list(layout);
  EXPECT_NE(text.find("pattern write spBv1.0/lyon/DDATA/%u/#"), std::string::npos);
  EXPECT_EQ(text.find("readwrite spBv1.0/lyon"), std::string::npos);
  EXPECT_EQ(text.find("topic write spBv1.0/lyon/DDATA"), std::string::npos);
}

}  // namespace
}  // namespace millrace
