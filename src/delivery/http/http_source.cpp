#include "delivery/http/http_source.hpp"

#include <fmt/format.h>

#include <utility>

namespace millrace::delivery {
namespace {

class HttpSource final : public Source {
 public:
  explicit HttpSource(http::Client& client) : client_(client) {}

  void what_should_run(const std::string& known, std::function<void(Result<std::optional<Offer>>)> done) override {
    http::Headers headers;
    if (!known.empty()) headers["if-none-match"] = known;
    client_.send("GET", "/api/v1/device/assignment", {}, std::move(headers),
                 [done = std::move(done)](Result<http::Response> answer) {
                   if (answer && answer->status == 304) return done(std::nullopt);
                   if (auto good = check(answer); !good) return done(fail(std::move(good).error()));
                   const auto tag = answer->headers.find("etag");
                   done(Offer{tag == answer->headers.end() ? "" : tag->second, std::move(answer->body)});
                 });
  }

  void bytes_of(const std::string& sha256, std::function<void(Result<std::string>)> done) override {
    client_.send("GET", "/api/v1/artifacts/" + sha256, {}, {}, [done = std::move(done)](Result<http::Response> answer) {
      if (auto good = check(answer); !good) return done(fail(std::move(good).error()));
      done(std::move(answer->body));
    });
  }

 private:
  static Result<void> check(const Result<http::Response>& answer) {
    if (!answer) return fail(answer.error().with_context("the platform does not answer"));
    if (answer->status == 200) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("the platform answers {}: {}", answer->status, answer->body.substr(0, 300)));
  }

  http::Client& client_;
};

}  // namespace

std::unique_ptr<Source> make_http_source(http::Client& client) { return std::make_unique<HttpSource>(client); }

}  // namespace millrace::delivery
