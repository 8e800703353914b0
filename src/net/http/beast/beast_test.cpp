#include "net/http/beast/convert.hpp"
#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "net/tls/testing/test_pki.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <optional>

namespace millrace::http {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::int64_t kLimitUs = 20'000'000;

class BeastTest : public testing::Test {
 protected:
  void TearDown() override {
    subscriber_.reset();
    server_.reset();
  }

  std::vector<Route> routes() {
    return {
        {"GET", "/hello/{name}",
         [](const Request& request, const Reply& reply) {
           reply({.body = request.parameters.at("name") + request.peer_name.value_or(""),
                  .headers = {{"etag", "\"1\""}}});
         }},
        {"POST", "/echo", [](const Request& request, const Reply& reply) { reply({.body = request.body}); }},
        {.method = "POST",
         .pattern = "/small",
         .handle = [](const Request& request, const Reply& reply) { reply({.body = request.body}); },
         .body_limit_bytes = 10},
        {"GET", "/later",
         [this](const Request&, Reply reply) {
           timer_.after_us(1000, [reply = std::move(reply)] {
             reply({.body = "late"});
             reply({.body = "twice"});
           });
         }},
        {"GET", "/never", [](const Request&, const Reply&) {}},
        {"GET", "/hold", [this](const Request&, Reply reply) { held_ = std::move(reply); }},
        {"GET", "/throws", [](const Request&, const Reply&) { throw std::runtime_error("a library threw"); }},
        {"GET", "/injects",
         [](const Request&, const Reply& reply) { reply({.headers = {{"x", "a\r\nset-cookie: b"}}}); }},
        {"GET", "/not-modified", [](const Request&, const Reply& reply) { reply({.status = 304}); }},
        {.method = "GET",
         .pattern = "/events",
         .handle = {},
         .stream = [this](const Request&, std::shared_ptr<EventStream> stream) { subscriber_ = std::move(stream); }}};
  }

  void serve(ServerOptions options = {}) {
    server_ = make_beast_server(loop_, std::move(options), routes());
    auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }

  ClientOptions plain() { return {.base_url = fmt::format("http://127.0.0.1:{}", server_->port())}; }

  Result<Response> ask(Client& client, std::string method, std::string target, std::string body = {}) {
    std::optional<Result<Response>> outcome;
    client.send(std::move(method), std::move(target), std::move(body), {},
                [&](Result<Response> r) { outcome = std::move(r); });
    EXPECT_TRUE(loop_.run_until([&] { return outcome.has_value(); }, kLimitUs));
    return outcome ? std::move(*outcome) : Result<Response>(fail(ErrorCode::timed_out, "test"));
  }

  /// Sends bytes as they are and reads until the server closes.
  std::string raw(const std::string& bytes) {
    asio::ip::tcp::socket socket(loop_.context());
    socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
    asio::write(socket, asio::buffer(bytes));
    socket.shutdown(asio::ip::tcp::socket::shutdown_send);
    std::string answer;
    bool done = false;
    asio::async_read(socket, asio::dynamic_buffer(answer),
                     [&](boost::system::error_code, std::size_t) { done = true; });
    EXPECT_TRUE(loop_.run_until([&] { return done; }, kLimitUs));
    return answer;
  }

  SystemClock clock_;
  Loop loop_{clock_};
  Timer timer_{loop_};
  tls::TestPki pki_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<EventStream> subscriber_;
  Reply held_;
};

TEST_F(BeastTest, answers_now_later_and_over_one_kept_connection) {
  serve({.connection_limit = 1});  // a second connection would have to wait for ever
  auto client = make_beast_client(loop_, plain());
  auto hello = ask(*client, "GET", "/hello/a%2Fb?x=1");
  ASSERT_TRUE(hello) << hello.error().message;
  EXPECT_EQ(hello->status, 200);
  EXPECT_EQ(hello->body, "a/b");
  EXPECT_EQ(hello->headers.at("etag"), "\"1\"");
  EXPECT_EQ(ask(*client, "GET", "/later")->body, "late");
  std::string large(5'000'000, 'x');
  EXPECT_EQ(ask(*client, "POST", "/echo", large)->body, large);
  EXPECT_EQ(ask(*client, "GET", "/not-modified")->status, 304);
  auto head = ask(*client, "HEAD", "/hello/abc");
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->headers.at("content-length"), "3");
}

TEST_F(BeastTest, requests_queue_in_order) {
  serve();
  auto client = make_beast_client(loop_, plain());
  std::vector<std::string> answers;
  for (int i = 0; i < 50; ++i) {
    client->send("POST", "/echo", std::to_string(i), {}, [&](Result<Response> r) { answers.push_back(r->body); });
  }
  ASSERT_TRUE(loop_.run_until([&] { return answers.size() == 50; }, kLimitUs));
  EXPECT_EQ(answers.front(), "0");
  EXPECT_EQ(answers.back(), "49");
}

TEST_F(BeastTest, what_cannot_be_answered_is_a_problem_document) {
  serve();
  auto client = make_beast_client(loop_, plain());
  auto absent = ask(*client, "GET", "/nothing/here");
  EXPECT_EQ(absent->status, 404);
  EXPECT_EQ(absent->content_type, "application/problem+json");
  auto method = ask(*client, "DELETE", "/echo");
  EXPECT_EQ(method->status, 405);
  EXPECT_EQ(method->headers.at("allow"), "POST");
  EXPECT_EQ(ask(*client, "GET", "/never")->status, 500);
  EXPECT_THAT(ask(*client, "GET", "/throws")->body, HasSubstr("a library threw"));
  auto injects = ask(*client, "GET", "/injects");
  EXPECT_EQ(injects->status, 500);
  EXPECT_EQ(injects->headers.count("set-cookie"), 0u);
  EXPECT_EQ(ask(*client, "GET", "/hello/%zz")->status, 400);
}

TEST_F(BeastTest, limits_and_broken_requests_are_refused_with_their_status) {
  serve({.body_limit_bytes = 1000});
  EXPECT_THAT(raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(raw("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
                  std::string(1001, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(raw("GET / HTTP/1.1\r\nx: " + std::string(20'000, 'a') + "\r\n\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(raw("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(
      raw("GET /hello/a HTTP/1.1\r\nHost: a\r\n\r\nGET /hello/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
      testing::AllOf(HasSubstr("\r\n\r\na"), HasSubstr("\r\n\r\nb")));  // pipelined
  EXPECT_THAT(
      raw("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"),
      StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"));
  EXPECT_EQ(raw(""), "");
}

TEST_F(BeastTest, a_row_may_take_less_than_the_server) {
  serve({.body_limit_bytes = 1000});
  const std::string head = "POST /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  EXPECT_THAT(raw(head + "Content-Length: 10\r\n\r\n0123456789"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(raw(head + "Content-Length: 11\r\n\r\n0123456789a"),
              testing::AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("larger than 10 bytes")));
  EXPECT_THAT(raw(head + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 413"), HasSubstr("larger than 10 bytes")));
}

TEST_F(BeastTest, a_refusal_does_not_wait_for_the_body) {
  serve({.guard = [](const Request&) -> std::optional<Response> {
    return problem({ErrorCode::unauthenticated, "log in"});
  }});
  EXPECT_THAT(raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000000\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("Connection: close")));
  EXPECT_THAT(raw("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
              StartsWith("HTTP/1.1 401"));
}

TEST_F(BeastTest, every_answer_carries_the_servers_headers) {
  serve({.headers = {{"etag", "\"none\""}, {"x-content-type-options", "nosniff"}}});
  const std::string rest = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  for (const auto* request : {"GET /hello/a", "GET /nothing", "DELETE /echo", "GET /hello/%zz", "HEAD /hello/a"}) {
    EXPECT_THAT(raw(request + rest), HasSubstr("x-content-type-options: nosniff\r\n")) << request;
  }
  EXPECT_THAT(raw("nonsense\r\n\r\n"), HasSubstr("x-content-type-options: nosniff\r\n"));
  EXPECT_THAT(raw("GET /hello/a" + rest), HasSubstr("etag: \"1\"\r\n")) << "a handler's own stays";
}

TEST_F(BeastTest, silent_connection_is_closed_after_the_idle_limit) {
  serve({.idle_limit_us = 20'000});
  asio::ip::tcp::socket socket(loop_.context());
  socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
  std::string answer;
  bool done = false;
  asio::async_read(socket, asio::dynamic_buffer(answer), [&](boost::system::error_code, std::size_t) { done = true; });
  EXPECT_TRUE(loop_.run_until([&] { return done; }, kLimitUs));
}

TEST_F(BeastTest, further_connections_wait_for_a_place) {
  serve({.connection_limit = 1});
  auto first = make_beast_client(loop_, plain());
  ASSERT_TRUE(ask(*first, "GET", "/hello/a"));
  auto second = make_beast_client(loop_, plain());
  bool answered = false;
  second->send("GET", "/hello/b", {}, {}, [&](Result<Response> r) { answered = r.has_value(); });
  first->send("GET", "/hello/c", {}, {}, [&](const Result<Response>&) {
    EXPECT_FALSE(answered);
    loop_.post([&] { first.reset(); });
  });
  EXPECT_TRUE(loop_.run_until([&] { return answered; }, kLimitUs));
}

TEST_F(BeastTest, guard_refuses_before_any_handler) {
  serve({.guard = [](const Request& request) -> std::optional<Response> {
    if (request.headers.count("authorization")) return std::nullopt;
    return problem({ErrorCode::unauthenticated, "log in"});
  }});
  EXPECT_EQ(raw("GET /hello/a HTTP/1.1\r\nConnection: close\r\n\r\n").substr(0, 12), "HTTP/1.1 401");
  EXPECT_EQ(raw("GET /hello/a HTTP/1.1\r\nAuthorization: x\r\nConnection: close\r\n\r\n").substr(0, 12),
            "HTTP/1.1 200");
}

TEST_F(BeastTest, client_certificate_is_required_and_names_the_peer) {
  serve({.credentials = pki_.issue("platform")});
  ClientOptions options{.base_url = fmt::format("https://localhost:{}", server_->port()),
                        .credentials = pki_.issue("edge-1")};
  auto client = make_beast_client(loop_, options);
  auto hello = ask(*client, "GET", "/hello/I-am-");
  ASSERT_TRUE(hello) << hello.error().message;
  EXPECT_EQ(hello->body, "I-am-edge-1");
  std::string large(3'000'000, 'x');
  EXPECT_EQ(ask(*client, "POST", "/echo", large)->body, large);

  options.credentials = pki_.issue_by_a_stranger("stranger");
  auto stranger = make_beast_client(loop_, options);
  EXPECT_FALSE(ask(*stranger, "GET", "/hello/a"));
}

TEST_F(BeastTest, expired_certificates_are_clear_errors) {
  serve({.credentials = pki_.issue("platform")});
  ClientOptions options{.base_url = fmt::format("https://localhost:{}", server_->port()),
                        .credentials = pki_.issue("edge-1", -3)};
  auto client = make_beast_client(loop_, options);
  auto outcome = ask(*client, "GET", "/hello/a");
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, testing::AllOf(HasSubstr("'edge-1'"), HasSubstr("expired on")));
  auto server = make_beast_server(loop_, {.credentials = options.credentials}, {});
  EXPECT_THAT(server->start().error().message, HasSubstr("expired on"));
}

TEST_F(BeastTest, wrong_port_wrong_address_and_no_answer_are_clear_errors) {
  serve();
  auto options = plain();
  auto taken = make_beast_server(loop_, {.port = server_->port()}, {});
  EXPECT_THAT(taken->start().error().message, HasSubstr("Is the port in use?"));
  options.timeout_us = 300'000;
  auto client = make_beast_client(loop_, options);
  auto held = ask(*client, "GET", "/hold");
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().code, ErrorCode::timed_out);
  ASSERT_TRUE(held_) << "the request did not reach the server in time";
  held_({.body = "nobody listens"});
  options.base_url = "http://127.0.0.1";
  options.base_url += ":1";
  auto nobody = fetch(options, "GET", "/");
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message, HasSubstr("127.0.0.1:1"));
  EXPECT_EQ(fetch({.base_url = "somewhere"}, "GET", "/").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(fetch(plain(), "GET", "/a b").error().code, ErrorCode::invalid_argument);
}

TEST_F(BeastTest, kept_connection_that_the_server_closed_is_opened_anew) {
  serve();
  auto port = server_->port();
  auto client = make_beast_client(loop_, plain());
  ASSERT_TRUE(ask(*client, "GET", "/hello/a"));
  server_.reset();
  serve({.port = port});
  auto again = ask(*client, "GET", "/hello/b");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->body, "b");
}

TEST_F(BeastTest, events_reach_the_subscriber_until_it_leaves) {
  serve();
  asio::ip::tcp::socket socket(loop_.context());
  socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
  asio::write(socket, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")));
  ASSERT_TRUE(loop_.run_until([&] { return subscriber_ != nullptr; }, kLimitUs));
  EXPECT_TRUE(subscriber_->send("live", "{\"a\":1}"));
  std::string seen;
  std::vector<char> buffer(4096);
  std::function<void()> read = [&] {
    socket.async_read_some(asio::buffer(buffer), [&](boost::system::error_code error, std::size_t size) {
      if (error) return;
      seen.append(buffer.data(), size);
      read();
    });
  };
  read();
  ASSERT_TRUE(loop_.run_until([&] { return seen.find("data: {\"a\":1}\n\n") != std::string::npos; }, kLimitUs));
  EXPECT_THAT(seen,
              testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("text/event-stream"), HasSubstr("event: live\n")));
  EXPECT_TRUE(subscriber_->open());
  socket.close();
  EXPECT_TRUE(loop_.run_until([&] { return !subscriber_->open(); }, kLimitUs));
  EXPECT_FALSE(subscriber_->send("live", "{}"));
}

TEST_F(BeastTest, slow_subscriber_is_cut_off_and_holds_up_nobody) {
  serve({.event_buffer_bytes = 100'000});
  asio::ip::tcp::socket socket(loop_.context());
  socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
  asio::write(socket, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")));
  ASSERT_TRUE(loop_.run_until([&] { return subscriber_ != nullptr; }, kLimitUs));
  std::string event(10'000, 'x');
  std::size_t sent = 0;
  // It never reads: the system's socket buffers take some megabytes, then ours takes its bound, then it is over.
  EXPECT_TRUE(loop_.run_until(
      [&] {
        ++sent;
        return !subscriber_->send("live", event);
      },
      kLimitUs));
  EXPECT_GT(sent, 10u);
  EXPECT_FALSE(subscriber_->open());
  auto client = make_beast_client(loop_, plain());
  EXPECT_TRUE(ask(*client, "GET", "/hello/a"));
}

TEST_F(BeastTest, dropping_the_stream_ends_it) {
  serve();
  asio::ip::tcp::socket socket(loop_.context());
  socket.connect({asio::ip::make_address("127.0.0.1"), server_->port()});
  asio::write(socket, asio::buffer(std::string("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")));
  ASSERT_TRUE(loop_.run_until([&] { return subscriber_ != nullptr; }, kLimitUs));
  std::string seen;
  bool done = false;
  asio::async_read(socket, asio::dynamic_buffer(seen), [&](boost::system::error_code, std::size_t) { done = true; });
  subscriber_.reset();
  EXPECT_TRUE(loop_.run_until([&] { return done; }, kLimitUs));
}

TEST(ConvertTest, request_from_bytes) {
  std::string raw_path;
  auto request = parse_request(
      "POST /a%20b?c=d HTTP/1.1\r\nHost: x\r\nCookie: a=1\r\nCookie: b=2\r\nX-Y: 1\r\nx-y: 2\r\n"
      "Content-Length: 2\r\n\r\nhi",
      raw_path, 100);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->path, "/a b");
  EXPECT_EQ(request->body, "hi");
  EXPECT_EQ(request->headers.at("cookie"), "a=1; b=2");
  EXPECT_EQ(request->headers.at("x-y"), "1, 2");
  EXPECT_FALSE(parse_request("GET / HTTP/1.1\r\n", raw_path, 100));
  EXPECT_FALSE(parse_request("POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x'), raw_path, 100));
}

}  // namespace
}  // namespace millrace::http
