#include "platform/static_files.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> content_types{{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".wasm", "application/wasm"},
    {".yaml", "application/yaml"},
}};

std::string content_type_of(const std::filesystem::path& file) {
  const auto extension = file.extension().string();
  for (const auto& [known, type] : content_types) {
    if (known == extension) return std::string(type);
  }
  return "application/octet-stream";
}

/// Relative, and every part a plain name: no "..", no hidden files, no backslashes or NUL.
bool is_plain(const std::filesystem::path& relative) {
  return std::all_of(relative.begin(), relative.end(), [](const std::filesystem::path& part) {
    const auto& name = part.native();
    return !name.starts_with('.') && name.find_first_of(std::string_view("\\\0", 2)) == std::string::npos &&
           name != "/";
  });
}

}  // namespace

http::Response static_file(const std::filesystem::path& folder, std::string_view path) {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::filesystem::path relative(path);
  if (!is_plain(relative)) return http::problem({ErrorCode::not_found, "no such file"});
  if (folder.empty()) {
    return http::problem(
        {ErrorCode::not_found, "no console here: the configuration key console.files names no folder"});
  }
  const bool page = relative.empty() || !relative.has_extension();
  const auto file = page ? folder / "index.html" : folder / relative;
  auto bytes = read_file(file);
  if (!bytes) return http::problem({ErrorCode::not_found, "no such file: /" + std::string(path.substr(0, 200))});
  http::Response response{.status = 200, .body = std::move(*bytes), .content_type = content_type_of(file)};
  // The bundler puts a content hash into the name of each asset: those never change, pages are always asked for anew.
  response.headers["cache-control"] =
      !page && path.starts_with("assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  return response;
}

http::Headers security_headers() {
  return {{"content-security-policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
           "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
          {"x-content-type-options", "nosniff"},
          {"referrer-policy", "no-referrer"},
          {"cross-origin-resource-policy", "same-origin"},
          {"cache-control", "no-store"}};
}

}  // namespace millrace
