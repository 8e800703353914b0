#pragma once

#include "signal/status.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sparkplug {

/// One numeric reading on its way out.
struct DataPoint {
  std::uint64_t alias = 0;
  std::uint64_t time_ms = 0;
  double value = 0;  ///< NaN: no value (is_null)
  StatusCode status = status::good;
  std::uint64_t server_time_ms = 0;  ///< 0: not told
  bool is_historical = false;
};

/// The fast way out: metrics by alias into one buffer that is used again and again. Nothing is allocated once the
/// buffer has grown to the size of the largest payload. What is not known yet when the points are encoded (sequence
/// number, time of sending, batch number) is appended afterwards: protobuf fields may come in any order.
class DataEncoder {
 public:
  void clear() { size_ = metrics_ = 0; }
  /// Good: no properties. Not good: "Quality" (Int32 0 bad, 500 uncertain) and "StatusCode" (UInt32, the original).
  void add(const DataPoint& point);
  void add_text(std::string_view name, std::uint64_t time_ms, std::string_view text, bool is_historical = false);

  [[nodiscard]] std::string_view bytes() const { return {buffer_.data(), size_}; }
  [[nodiscard]] std::size_t metrics() const { return metrics_; }

 private:
  char* reserve(std::size_t more);

  std::string buffer_;
  std::size_t size_ = 0;
  std::size_t metrics_ = 0;
};

/// Append to an encoded payload what belongs to the moment of sending.
void append_seq(std::string& payload, std::uint64_t seq);
void append_time(std::string& payload, std::uint64_t time_ms);
void append_unsigned(std::string& payload, std::string_view name, std::uint64_t value, std::uint64_t time_ms);
void append_text(std::string& payload, std::string_view name, std::string_view text, std::uint64_t time_ms);

/// Appends `payload` to `out` with every metric marked is_historical. False when the bytes are no payload.
bool append_as_historical(std::string& out, std::string_view payload);

}  // namespace millrace::sparkplug
