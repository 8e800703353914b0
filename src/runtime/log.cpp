#include "runtime/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace millrace {
namespace {

constexpr std::string_view kLevelNames[] = {"debug", "info", "warning", "error", "off"};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                  spdlog::level::err, spdlog::level::off};
  return levels[static_cast<std::size_t>(level)];
}

struct Log {
  LogOptions options;
  std::shared_ptr<spdlog::logger> logger;
};

/// The one process-wide sink; never destroyed, so that destructors may still log.
Log& the_log() {
  static auto* log = [] {
    auto* fresh = std::make_unique<Log>().release();
    fresh->logger =
        std::make_shared<spdlog::logger>("millrace", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    fresh->logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    return fresh;
  }();
  return *log;
}

std::string escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string field_text(std::string_view value) {
  auto text = escape(value);
  if (!text.empty() && text.find_first_of(" =\"") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

LogField::LogField(std::string_view name, double number) : key(name), value(fmt::format("{}", number)) {}

Result<LogLevel> parse_log_level(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] == text) return static_cast<LogLevel>(i);
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is no log level: debug, info, warning, error or off", text));
}

void set_up_log(const LogOptions& options) {
  auto& log = the_log();
  log.options = options;
  log.logger->set_level(to_spdlog(options.level));
  if (options.format == LogFormat::json) {
    log.logger->set_pattern("%v");
  } else {
    log.logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  }
}

bool log_enabled(LogLevel level) { return level != LogLevel::off && the_log().logger->should_log(to_spdlog(level)); }

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!log_enabled(level)) return;
  auto& log = the_log();
  auto line = format_log_line(log.options.format, SystemClock().now_us(), level, log.options.process, message, fields);
  log.logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string format_log_line(LogFormat format, TimeUs time_us, LogLevel level, std::string_view process,
                            std::string_view message, std::initializer_list<LogField> fields) {
  if (format == LogFormat::json) {
    nlohmann::ordered_json line = {{"time", format_time(time_us)},
                                   {"level", std::string(kLevelNames[static_cast<std::size_t>(level)])},
                                   {"process", std::string(process)},
                                   {"message", std::string(message)}};
    for (const auto& field : fields) line[std::string(field.key)] = field.value;
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  std::string line;
  if (!process.empty()) line = fmt::format("{}: ", process);
  line += escape(message);
  for (const auto& field : fields) line += fmt::format(" {}={}", field.key, field_text(field.value));
  return line;
}

}  // namespace millrace
