// Certificates that change while server and client run.
#include "base/file.hpp"
#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "net/tls/testing/test_pki.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace millrace::http {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kLimitUs = 20'000'000;

class HttpsRenewal : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = make_beast_server(loop_, {.credentials = pki_.issue("platform")},
                                {{"GET", "/who", [](const Request& request, const Reply& reply) {
                                    reply({.body = request.peer_name.value_or("")});
                                  }}});
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  std::unique_ptr<Client> client(const Credentials& credentials) {
    return make_beast_client(
        loop_, {.base_url = fmt::format("https://localhost:{}", server_->port()), .credentials = credentials});
  }
  Result<Response> ask(Client& client) {
    std::optional<Result<Response>> outcome;
    client.send("GET", "/who", {}, {}, [&](Result<Response> answer) { outcome = std::move(answer); });
    EXPECT_TRUE(loop_.run_until([&] { return outcome.has_value(); }, kLimitUs));
    return outcome ? std::move(*outcome) : Result<Response>(fail(ErrorCode::timed_out, "test"));
  }
  /// The body over a new connection; otherwise why not.
  std::string ask_anew(const Credentials& credentials) {
    const auto answer = ask(*client(credentials));
    return answer ? answer->body : answer.error().message;
  }

  SystemClock clock_;
  Loop loop_{clock_};
  tls::TestPki pki_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpsRenewal, AServerShowsItsRenewedCertificateToNewConnectionsAndKeepsTheOldOnes) {
  const auto edge = pki_.issue("edge-1");
  const auto connected = client(edge);
  ASSERT_EQ(ask(*connected)->body, "edge-1");
  pki_.issue_by_a_stranger("platform");
  EXPECT_THAT(ask_anew(edge), HasSubstr("the peer's certificate 'platform' is refused"));
  EXPECT_EQ(ask(*connected)->body, "edge-1");
  pki_.issue("platform");
  EXPECT_EQ(ask_anew(edge), "edge-1");
}

TEST_F(HttpsRenewal, ABrokenNewFileKeepsTheOldOneAndIsOneLineInTheLog) {
  const auto edge = pki_.issue("edge-1");
  ASSERT_TRUE(write_file(pki_.folder() / "platform.pem", "half a certif"));
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(ask_anew(edge), "edge-1");
  EXPECT_EQ(ask_anew(edge), "edge-1");
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("platform.pem"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST_F(HttpsRenewal, AClientShowsItsRenewedCertificateWhenItConnectsAgain) {
  const auto edge = client(pki_.issue_by_a_stranger("edge-1"));
  EXPECT_THAT(ask(*edge).error().message, HasSubstr("refuses the certificate"));
  pki_.issue("edge-1");
  EXPECT_EQ(ask(*edge)->body, "edge-1");
}

TEST_F(HttpsRenewal, ARevokedClientIsRefusedWithoutARestart) {
  const auto first = pki_.issue("edge-1"), second = pki_.issue("edge-2");
  ASSERT_EQ(ask_anew(first), "edge-1");
  pki_.revoke({"edge-1"}, pki_.folder() / "ca.crl");
  EXPECT_THAT(ask_anew(first), HasSubstr("refuses the certificate"));
  EXPECT_EQ(ask_anew(second), "edge-2");
}

}  // namespace
}  // namespace millrace::http
