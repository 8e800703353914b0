#include "net/tls/renewal.hpp"

#include "base/file.hpp"
#include "net/tls/testing/handshake.hpp"
#include "net/tls/testing/test_pki.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::tls {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const TimeUs kNow = SystemClock().now_us();
constexpr std::int64_t kDayUs = 86'400'000'000;

class RenewalTest : public ::testing::Test {
 protected:
  bool trusted() { return handshake(client_.current(kNow)->get(), server_.current(kNow)->get()); }

  TestPki pki_;
  RenewedContext client_{pki_.issue("edge-1"), Role::client, "localhost"};
  RenewedContext server_{pki_.issue("platform"), Role::server};
};

TEST_F(RenewalTest, UnchangedFilesAreTheSameContext) {
  const auto first = server_.current(kNow);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(server_.current(kNow)->get(), first->get());
  pki_.issue("platform");
  EXPECT_NE(server_.current(kNow)->get(), first->get());
}

TEST_F(RenewalTest, RenewedFilesCountFromTheNextConnectionOn) {
  pki_.issue_by_a_stranger("platform");
  EXPECT_FALSE(trusted());
  pki_.issue("platform");
  EXPECT_TRUE(trusted());
  pki_.issue_by_a_stranger("edge-1");
  EXPECT_FALSE(trusted());
  pki_.issue("edge-1");
  EXPECT_TRUE(trusted());
}

TEST_F(RenewalTest, ABrokenNewFileIsOneLineInTheLogAndTheOldOnesGoOn) {
  ASSERT_TRUE(trusted());
  ASSERT_TRUE(write_file(pki_.folder() / "platform.pem", "half a certif"));
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(trusted());
  EXPECT_TRUE(trusted());
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, AllOf(HasSubstr("the old ones go on"), HasSubstr("platform.pem")));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  pki_.issue("platform", 30);
  EXPECT_TRUE(trusted());
}

TEST_F(RenewalTest, WithoutAGoodOneThereIsAnErrorUntilThereIs) {
  RenewedContext late({pki_.folder() / "ca.pem", pki_.folder() / "late.pem", pki_.folder() / "late.key"}, Role::client);
  EXPECT_THAT(late.current(kNow).error().message, HasSubstr("late.pem"));
  pki_.issue("late");
  EXPECT_TRUE(late.current(kNow));
}

TEST_F(RenewalTest, AnExpiredCertificateIsNamedUntilItIsRenewed) {
  ASSERT_TRUE(client_.current(kNow));
  const TimeUs later_us = kNow + 400 * kDayUs;
  EXPECT_THAT(client_.current(later_us).error().message, AllOf(HasSubstr("'edge-1'"), HasSubstr("expired on")));
  pki_.issue("edge-1", 800);
  EXPECT_TRUE(client_.current(later_us));
}

TEST_F(RenewalTest, ARevokedCertificateIsRefusedFromTheNextConnectionOn) {
  ASSERT_TRUE(trusted());
  pki_.issue("edge-2");
  pki_.revoke({"edge-2"}, pki_.folder() / "ca.crl");
  EXPECT_TRUE(trusted());
  pki_.revoke({"edge-1", "edge-2"}, pki_.folder() / "ca.crl");
  const auto client = client_.current(kNow), server = server_.current(kNow);
  EXPECT_FALSE(handshake(client->get(), server->get()));
  EXPECT_THAT(verification_failure(server->get()), HasSubstr("'edge-1' is refused: certificate revoked"));
  pki_.issue("edge-1");
  EXPECT_TRUE(trusted());
}

TEST_F(RenewalTest, AListOfAnotherAuthorityObjectsToNothing) {
  TestPki other("another authority");
  other.issue("edge-1");
  other.revoke({"edge-1"}, pki_.folder() / "other.crl");
  EXPECT_TRUE(trusted());
}

TEST_F(RenewalTest, AListThatCannotBeReadKeepsNewContextsFromBeingMade) {
  ASSERT_TRUE(write_file(pki_.folder() / "ca.crl", "no list"));
  EXPECT_THAT(server_.current(kNow).error().message, HasSubstr("ca.crl is no revocation list"));
}

}  // namespace
}  // namespace millrace::tls
