#pragma once

#include "net/http/message.hpp"

#include <filesystem>
#include <string_view>

namespace millrace {

/// The console's built files. A path without a file is a page of the console (its router decides), so index.html
/// answers; a missing file with an extension is 404. Nothing outside the folder is ever read.
http::Response static_file(const std::filesystem::path& folder, std::string_view path);

/// What a browser must keep to on every answer: own scripts and styles only, no framing, no sniffing, no referrer.
http::Headers security_headers();

}  // namespace millrace
