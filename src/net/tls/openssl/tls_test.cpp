#include "base/file.hpp"
#include "net/tls/certificate.hpp"
#include "net/tls/context.hpp"
#include "net/tls/testing/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace millrace::tls {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const TimeUs kNow = SystemClock().now_us();
constexpr std::int64_t kDayUs = 86'400'000'000;

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto pattern = (std::filesystem::temp_directory_path() / "millrace-tls-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    authority_ = *make_authority("test authority", "site-a", kNow);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Credentials write(const std::string& name, const KeyPair& pair, const KeyPair& authority) {
    Credentials paths{folder_ / (name + ".ca.pem"), folder_ / (name + ".pem"), folder_ / (name + ".key")};
    EXPECT_TRUE(write_credentials(paths, pair, authority.certificate_pem));
    return paths;
  }

  std::filesystem::path folder_;
  KeyPair authority_;
};

TEST_F(TlsTest, issued_certificate_says_what_was_asked) {
  CertificateRequest request{
      .common_name = "edge-1", .organisation = "site-a", .uris = {"urn:millrace:site-a:edge-1"}, .valid_days = 30};
  auto pair = issue_certificate(authority_, request, kNow);
  ASSERT_TRUE(pair) << pair.error().message;
  auto info = read_certificate(pair->certificate_pem);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->common_name, "edge-1");
  EXPECT_EQ(info->organisation, "site-a");
  EXPECT_EQ(info->issuer_name, "test authority");
  EXPECT_THAT(info->dns_names, ElementsAre("localhost"));
  EXPECT_THAT(info->ip_addresses, ElementsAre("127.0.0.1"));
  EXPECT_THAT(info->uris, ElementsAre("urn:millrace:site-a:edge-1"));
  EXPECT_FALSE(info->authority);
  EXPECT_EQ(info->sha1.size(), 40u);
  EXPECT_NEAR(static_cast<double>(info->not_after_us - kNow), 30 * 86400e6, 1e6) << "days, to the second";
}

TEST_F(TlsTest, rsa_certificate_for_opc_ua_as_der_is_the_same_certificate) {
  CertificateRequest request{.common_name = "plant", .uris = {"urn:plant"}, .key = KeyKind::rsa_2048};
  auto pair = make_self_signed(request, kNow);
  ASSERT_TRUE(pair) << pair.error().message;
  auto der = certificate_to_der(pair->certificate_pem);
  ASSERT_TRUE(der);
  EXPECT_EQ(read_certificate(*der)->sha256, read_certificate(pair->certificate_pem)->sha256);
  EXPECT_TRUE(key_to_der(pair->key_pem));
}

TEST_F(TlsTest, refuses_a_name_that_would_smuggle_in_another) {
  CertificateRequest request{.common_name = "edge-1", .dns_names = {"localhost,DNS:platform"}};
  auto pair = issue_certificate(authority_, request, kNow);
  ASSERT_FALSE(pair);
  EXPECT_EQ(pair.error().code, ErrorCode::invalid_argument);
}

TEST_F(TlsTest, key_file_is_secret) {
  auto paths = write("edge-1", *issue_certificate(authority_, {.common_name = "edge-1"}, kNow), authority_);
  auto permissions = std::filesystem::status(paths.key).permissions();
  EXPECT_EQ(permissions, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(TlsTest, peers_of_one_authority_trust_each_other_and_no_stranger) {
  auto server = write("server", *issue_certificate(authority_, {.common_name = "server"}, kNow), authority_);
  auto client = write("client", *issue_certificate(authority_, {.common_name = "client"}, kNow), authority_);
  auto other = *make_authority("other authority", "elsewhere", kNow);
  auto stranger = write("stranger", *issue_certificate(other, {.common_name = "stranger"}, kNow), authority_);
  auto server_context = make_context(server, Role::server, kNow);
  ASSERT_TRUE(server_context) << server_context.error().message;
  EXPECT_TRUE(handshake(make_context(client, Role::client, kNow, "localhost")->get(), server_context->get()));
  EXPECT_TRUE(handshake(make_context(client, Role::client, kNow, "127.0.0.1")->get(), server_context->get()));
  EXPECT_FALSE(handshake(make_context(stranger, Role::client, kNow, "localhost")->get(), server_context->get()));
  EXPECT_THAT(verification_failure(server_context->get()), HasSubstr("'stranger' is refused"));
  auto wrong_host = make_context(client, Role::client, kNow, "platform.example");
  EXPECT_FALSE(handshake(wrong_host->get(), server_context->get()));
  EXPECT_THAT(verification_failure(wrong_host->get()), HasSubstr("hostname mismatch"));
}

TEST_F(TlsTest, expired_certificate_is_one_clear_error_at_its_owner) {
  auto old = issue_certificate(authority_, {.common_name = "edge-1", .valid_days = 1}, kNow - 10 * kDayUs);
  auto context = make_context(write("old", *old, authority_), Role::client, kNow);
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::failed_precondition);
  EXPECT_THAT(context.error().message, HasSubstr("'edge-1'"));
  EXPECT_THAT(context.error().message, HasSubstr("expired on"));
}

TEST_F(TlsTest, missing_file_and_foreign_key_are_named) {
  auto paths = write("edge-1", *issue_certificate(authority_, {.common_name = "edge-1"}, kNow), authority_);
  auto another = write("edge-2", *issue_certificate(authority_, {.common_name = "edge-2"}, kNow), authority_);
  paths.key = another.key;
  auto mismatch = make_context(paths, Role::client, kNow);
  ASSERT_FALSE(mismatch);
  EXPECT_THAT(mismatch.error().message, HasSubstr("edge-2.key"));
  paths.certificate = folder_ / "absent.pem";
  auto absent = make_context(paths, Role::client, kNow);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace millrace::tls
