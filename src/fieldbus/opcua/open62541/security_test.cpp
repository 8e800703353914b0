// Who trusts whom, and what is said when somebody does not.
#include "fieldbus/opcua/open62541/testing/server_and_client.hpp"
#include "net/tls/testing/test_pki.hpp"

#include <gmock/gmock.h>

namespace millrace::opcua {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST_F(OpcUa, UnknownServerIsRefusedUntilItsCertificateIsMoved) {
  fs::remove(folder_ / "client-trusted" / "server.pem");
  const auto index = variable("x");
  start_server();
  start_client({{0, node("x")}});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("is not trusted"), HasSubstr("move that file to")));
  EXPECT_FALSE(connected_);
  const auto rejected = fs::directory_iterator(folder_ / "client-rejected");
  fs::rename(rejected->path(), folder_ / "client-trusted" / rejected->path().filename());
  ASSERT_TRUE(wait_subscribed(1)) << said();
  const std::vector<ServerValue> values = {{index, status::good, clock_.now_us(), 1}};
  server_->write(values);
  EXPECT_TRUE(wait([&] { return samples_.size() == 1; })) << said();
}

TEST_F(OpcUa, UnknownClientIsToldWhoMustTrustIt) {
  fs::remove(folder_ / "server-trusted" / "client.pem");
  start_server();
  start_client({});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], HasSubstr("refused our certificate"));
  EXPECT_FALSE(fs::is_empty(folder_ / "server-rejected"));
}

/// Both have certificates of one authority, and trust the authority instead of each other's certificate.
class OpcUaWithAuthority : public OpcUa {
 protected:
  OpcUaWithAuthority() {
    for (auto* identity : {&server_options_.identity, &client_options_.identity}) {
      const auto name = identity->certificate.stem().string();
      const auto issued =
          pki_.issue({.common_name = name, .uris = {identity->application_uri}, .key = tls::KeyKind::rsa_2048});
      identity->certificate = issued.certificate;
      identity->key = issued.key;
      fs::remove_all(identity->trusted);
      fs::create_directories(identity->trusted);
      fs::copy(issued.certificate_authority, identity->trusted / "ca.pem");
    }
  }
  tls::TestPki pki_;
};

TEST_F(OpcUaWithAuthority, ARevokedServerIsRefusedUntilItHasANewCertificate) {
  const auto list = client_options_.identity.trusted / "ca.crl";
  pki_.revoke({"server"}, list);
  variable("x");
  start_server();
  start_client({{0, node("x")}});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("\"server\""), HasSubstr("was revoked by its authority")));
  EXPECT_FALSE(connected_);
  server_->stop();
  pki_.issue(
      {.common_name = "server", .uris = {server_options_.identity.application_uri}, .key = tls::KeyKind::rsa_2048});
  ASSERT_TRUE(server_->start());
  EXPECT_TRUE(wait_subscribed(1)) << said();
}

TEST_F(OpcUaWithAuthority, ARevokedClientIsRefusedAndTheRenewedOneNeedsNoRestart) {
  pki_.revoke({"client"}, server_options_.identity.trusted / "ca.crl");
  variable("x");
  start_server();
  start_client({{0, node("x")}});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("refused our certificate"), HasSubstr("client.pem")));
  EXPECT_EQ(server_->monitored_items(), 0u);
  pki_.issue(
      {.common_name = "client", .uris = {client_options_.identity.application_uri}, .key = tls::KeyKind::rsa_2048});
  EXPECT_TRUE(wait_subscribed(1)) << said();
}

TEST_F(OpcUa, ABrokenNewCertificateKeepsTheOldOneAndIsToldOnce) {
  variable("x");
  start_server();
  start_client({{0, node("x")}});
  ASSERT_TRUE(wait_subscribed(1)) << said();
  for (const auto& [file, text] : {std::pair("client.pem", "half a certif"), std::pair("client.key", "half a k")}) {
    server_->stop();
    ASSERT_TRUE(write_file(folder_ / file, text));
    ASSERT_TRUE(server_->start());
    ASSERT_TRUE(wait_subscribed(1)) << said();
  }
  EXPECT_EQ(std::count_if(said_.begin(), said_.end(),
                          [](const std::string& text) { return text.find("is not used") != std::string::npos; }),
            1)
      << said();
  EXPECT_THAT(said(), AllOf(HasSubstr("the old one goes on"), HasSubstr("client.pem")));
}

TEST_F(OpcUa, WrongPasswordGivesOneClearMessage) {
  client_options_.password = "wrong";
  start_server();
  start_client({});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("refused user \"gateway\""), HasSubstr("wrong name, password")));
}

TEST_F(OpcUa, UserCertificateLogsIn) {
  const Identity user = make_identity(folder_, "operator");
  server_options_.trusted_users = folder_ / "users";
  fs::create_directories(server_options_.trusted_users);
  fs::copy(user.certificate, server_options_.trusted_users / "operator.pem");
  server_options_.security_policies = {SecurityPolicy::aes256_sha256_rsa_pss};
  client_options_.user.clear();
  client_options_.user_certificate = user.certificate;
  client_options_.user_key = user.key;
  variable("x");
  start_server();
  start_client({{0, node("x")}});
  EXPECT_TRUE(wait_subscribed(1)) << said();
}

TEST_F(OpcUa, WrongPolicyListsWhatTheServerOffers) {
  server_options_.security_policies = {SecurityPolicy::basic256_sha256};
  start_server();
  start_client({});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("does not offer Aes256_Sha256_RsaPss"),
                              HasSubstr("only: Basic256Sha256 SignAndEncrypt")));
}

TEST_F(OpcUa, ExpiredCertificatesAreNamed) {
  start_server();
  make_identity(folder_, "client", 1, clock_.now_us() - 5 * 86'400'000'000);
  start_client({});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("our certificate"), HasSubstr("client.pem expired on"), HasSubstr("renew")));
}

TEST_F(OpcUa, WrongApplicationUriIsNamed) {
  start_server();
  client_options_.identity.application_uri = "urn:other";
  start_client({});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], AllOf(HasSubstr("urn:millrace:test:client"), HasSubstr("urn:other")));
}

}  // namespace
}  // namespace millrace::opcua
