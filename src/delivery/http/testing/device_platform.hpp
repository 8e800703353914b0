#pragma once

#include "delivery/testing/assigned.hpp"
#include "net/http/server.hpp"
#include "runtime/loop.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::delivery {

/// The platform as a device sees it, for tests: the device API over the real server.
class DevicePlatform {
 public:
  explicit DevicePlatform(Loop& loop, std::optional<Credentials> credentials = {}, std::vector<http::Route> more = {})
      : loop_(loop), credentials_(std::move(credentials)), more_(std::move(more)) {
    start();
  }

  /// On the same port as before.
  void start() {
    std::vector<http::Route> routes = more_;
    routes.push_back({"GET", "/api/v1/device/assignment",
                      [this](const http::Request& request, const http::Reply& reply) { assignment(request, reply); }});
    routes.push_back({"GET", "/api/v1/artifacts/{sha256}",
                      [this](const http::Request& request, const http::Reply& reply) { artifact(request, reply); }});
    server_ = http::make_beast_server(loop_, {.port = port_, .credentials = credentials_}, std::move(routes));
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
    port_ = server_->port();
  }
  void stop() {
    server_.reset();
    held_.clear();
  }
  void assign(std::string revision, Assigned assigned) {
    revision_ = std::move(revision);
    assigned_ = std::move(assigned);
  }
  /// Other bytes than the ones that were assigned are sent for them.
  void falsify(const std::string& bytes, std::string sent) { assigned_.files.at(sha256_hex(bytes)) = std::move(sent); }

  [[nodiscard]] std::string url() const {
    return fmt::format("{}://localhost:{}", credentials_ ? "https" : "http", port_);
  }

  bool hold_artifacts = false;  ///< asked for, never answered
  int whole_answers = 0, unchanged_answers = 0, artifacts_asked = 0;
  std::string peer;  ///< who asked last, by certificate

 private:
  void assignment(const http::Request& request, const http::Reply& reply) {
    peer = request.peer_name.value_or("");
    const auto tag = "\"" + revision_ + "\"";
    const auto known = request.headers.find("if-none-match");
    const bool unchanged = known != request.headers.end() && known->second == tag;
    ++(unchanged ? unchanged_answers : whole_answers);
    if (unchanged) return reply({.status = 304});
    reply({.body = assigned_.document(revision_), .headers = {{"etag", tag}}});
  }
  void artifact(const http::Request& request, const http::Reply& reply) {
    ++artifacts_asked;
    if (hold_artifacts) return held_.push_back(reply);
    const auto file = assigned_.files.find(request.parameters.at("sha256"));
    if (file == assigned_.files.end()) return reply({.status = 404});
    reply({.body = file->second, .content_type = "application/octet-stream"});
  }

  Loop& loop_;
  std::optional<Credentials> credentials_;
  std::vector<http::Route> more_;
  std::uint16_t port_ = 0;
  std::string revision_ = "none";
  Assigned assigned_;
  std::vector<http::Reply> held_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace millrace::delivery
