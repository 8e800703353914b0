#include "node_red.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace millrace::bench {
namespace {

constexpr std::size_t number_digits = 12, row_bytes = 400;
constexpr std::string_view probe = "probe";
constexpr std::int64_t probe_every_us = 100'000;

}  // namespace

NodeRed::NodeRed(std::filesystem::path program) : program_(std::move(program)), payload_(row_bytes, 'x') {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-bench-node-red-XXXXXX").string();
  if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
}

NodeRed::~NodeRed() {
  stop();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void NodeRed::run(std::uint16_t broker_port) {
  const auto source = std::filesystem::path(MILLRACE_SOURCE) / "bench/peers/node-red";
  std::error_code failed;
  std::filesystem::copy_file(source / "flows.json", folder_ / "flows.json", failed);
  if (failed) return;
  const auto port = std::to_string(broker_port), settings = (source / "settings.js").string();
  const auto log = (folder_ / "node-red.log").string();
  const int file = ::open(log.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::setenv("BROKER_PORT", port.c_str(), 1);
  ::execlp("node", "node", program_.c_str(), "--settings", settings.c_str(), "--userDir", folder_.c_str(), nullptr);
}

bool NodeRed::ready() {
  const auto now_us = clock_.now_us();
  if (!answered_ && client_ != nullptr && now_us - probed_us_ >= probe_every_us) {
    probed_us_ = now_us;
    static_cast<void>(client_->publish("bench/in", probe, 0, false).has_value());
  }
  return answered_;
}

void NodeRed::send(std::uint64_t number) {
  fmt::format_to_n(payload_.begin(), number_digits, "{:012}", number);
  if (!client_->publish("bench/in", payload_, 0, false)) std::abort();
}

std::optional<std::uint64_t> NodeRed::on_message(const mqtt::Message& message) {
  answered_ = true;
  std::uint64_t number = 0;
  const auto text = message.payload.substr(0, number_digits);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + number_digits ? std::optional(number) : std::nullopt;
}

}  // namespace millrace::bench
