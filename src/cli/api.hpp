#pragma once

#include "base/result.hpp"
#include "cli/context.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace millrace::cli {

/// The platform of a folder, found through run/platform.json (its port) and secrets/api-token (who we are).
class Api {
 public:
  /// `unavailable` says what is missing in the folder and which command makes it.
  static Result<Api> open(const Context& context);

  [[nodiscard]] const std::string& base_url() const { return base_url_; }
  /// One blocking request. Problem documents (RFC 9457) come back as the Error they were made of.
  Result<nlohmann::json> get(const std::string& target) const;
  Result<nlohmann::json> post(const std::string& target, std::string body, std::string_view content_type) const;
  Result<nlohmann::json> post(const std::string& target, const nlohmann::json& body) const;

 private:
  Result<nlohmann::json> send(std::string method, const std::string& target, std::string body,
                              std::string_view content_type) const;
  std::string base_url_;
  std::string token_;
};

/// Percent-encodes one part of a path or a query value (RFC 3986, 2.3: all but the unreserved characters).
std::string url_encode(std::string_view text);

}  // namespace millrace::cli
