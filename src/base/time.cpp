#include "base/time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

namespace millrace {

TimeUs SystemClock::now_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t SystemClock::monotonic_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string format_time(TimeUs time_us) {
  auto seconds = static_cast<std::time_t>(time_us / 1'000'000);
  auto fraction = static_cast<int>(time_us % 1'000'000);
  if (fraction < 0) {
    fraction += 1'000'000;
    --seconds;
  }
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, fraction);
}

namespace {

struct Reader {
  std::string_view rest;
  bool take(char wanted) {
    if (rest.empty() || rest.front() != wanted) return false;
    rest.remove_prefix(1);
    return true;
  }
  bool digits(int count, int& value) {
    if (rest.size() < static_cast<std::size_t>(count)) return false;
    value = 0;
    for (int i = 0; i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return false;
      value = value * 10 + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return true;
  }
};

}  // namespace

Result<TimeUs> parse_time(std::string_view text) {
  auto wrong = [&] {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is not a time; write it like 2026-11-22T18:09:46Z or 2026-11-22", text));
  };
  Reader in{text};
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!in.digits(4, year) || !in.take('-') || !in.digits(2, month) || !in.take('-') || !in.digits(2, day))
    return wrong();
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return wrong();
  std::int64_t fraction_us = 0, offset_s = 0;
  if (!in.rest.empty()) {
    if (!in.take('T') && !in.take(' ')) return wrong();
    if (!in.digits(2, hour) || !in.take(':') || !in.digits(2, minute)) return wrong();
    if (in.take(':') && !in.digits(2, second)) return wrong();
    if (in.take('.')) {
      std::int64_t scale = 100'000;
      int digit = 0, count = 0;
      while (in.digits(1, digit)) {
        fraction_us += digit * scale;
        scale /= 10;
        ++count;
      }
      if (count == 0) return wrong();
    }
    if (!in.take('Z')) {
      int sign = in.take('+') ? 1 : in.take('-') ? -1 : 0, offset_hour = 0, offset_minute = 0;
      if (sign == 0 || !in.digits(2, offset_hour) || !in.take(':') || !in.digits(2, offset_minute)) return wrong();
      offset_s = sign * (offset_hour * 3600 + offset_minute * 60);
    }
    if (!in.rest.empty() || hour > 23 || minute > 59 || second > 60) return wrong();
  }
  std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + hour * 3600 + minute * 60 + second - offset_s) * 1'000'000 + fraction_us;
}

}  // namespace millrace
