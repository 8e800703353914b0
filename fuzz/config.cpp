// A configuration file with anything in it gives values or an error with file and line; never a crash.
#include "runtime/config.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto config = millrace::Config::parse(text, "fuzz.yaml");
  if (!config) {
    if (!config.error().message.starts_with("fuzz.yaml:")) std::abort();
    return 0;
  }
  auto root = config->root();
  root.text("site");
  root.port("port", 1);
  root.flag("secure", true);
  root.number("share", 0.5);
  root.integer("count", 1, 0, 10);
  root.word("level", {"debug", "info"}, "info");
  if (root.duration_us("wait", 1) < 0) std::abort();
  root.size_bytes("limit", 1);
  root.path("folder", "here");
  root.texts("topics", {});
  auto nested = root.section("nested");
  for (const auto& key : nested.keys()) nested.text(key, "");
  for (auto& item : root.sections("items")) item.text("name");
  auto outcome = config->finish();
  if (!outcome && !outcome.error().message.starts_with("fuzz.yaml:")) std::abort();
  if (config->effective().empty()) std::abort();
  return 0;
}
