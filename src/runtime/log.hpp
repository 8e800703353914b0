#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace millrace {

enum class LogLevel { debug, info, warning, error, off };
enum class LogFormat {
  text,  ///< 2026-11-22T18:09:46.123456Z info gateway: connected broker=localhost:8884
  json,  ///< one object a line: time, level, process, message, and the fields as texts
};

struct LogOptions {
  std::string process;  ///< stands in each line
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

/// Lines go to standard error, coloured on a terminal only. Call once, before other threads log.
void set_up_log(const LogOptions& options);

/// "debug", "info", "warning", "error", "off"
Result<LogLevel> parse_log_level(std::string_view text);

/// A name and a value that machines may search for, beside the sentence for people.
struct LogField {
  std::string_view key;
  std::string value;
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, bool truth) : key(name), value(truth ? "true" : "false") {}
  LogField(std::string_view name, double number);
  template <std::integral T>
  LogField(std::string_view name, T number) : key(name), value(std::to_string(number)) {}
};

[[nodiscard]] bool log_enabled(LogLevel level);
/// Thread-safe. Line breaks and control characters are escaped: one call is one line.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
  if (log_enabled(LogLevel::debug)) log(LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::info, message, fields);
}
inline void log_warning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::warning, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
  log(LogLevel::error, message, fields);
}

/// The line's text without time and level (text), or the whole object (json). Pure, for tests.
std::string format_log_line(LogFormat format, TimeUs time_us, LogLevel level, std::string_view process,
                            std::string_view message, std::initializer_list<LogField> fields);

}  // namespace millrace
