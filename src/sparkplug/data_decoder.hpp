#pragma once

#include "signal/status.hpp"
#include "sparkplug/data_type.hpp"
#include "sparkplug/wire.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace::sparkplug {

enum class ValueKind : std::uint8_t { none, null, integer, real, boolean, text, other };

/// One metric of a data message, as views into the payload.
struct DataMetric {
  std::string_view name;  ///< empty when the sender used the alias alone
  std::uint64_t alias = 0;
  bool has_alias = false;
  bool is_historical = false;
  ValueKind kind = ValueKind::none;
  DataType type = DataType::unknown;  ///< unknown: as told in the birth
  std::uint64_t time_ms = 0;          ///< of the metric, else of the payload
  std::uint64_t server_time_ms = 0;   ///< 0: not told
  std::uint64_t bits = 0;             ///< of an integer, as it travelled
  double value = 0;                   ///< number; boolean 0 or 1; NaN for null and for what is no number
  std::string_view text;
  StatusCode status = status::good;  ///< from the properties "StatusCode" or "Quality"

  /// The number, when the type was told in the birth only: it decides about the sign of integers.
  [[nodiscard]] double number(DataType birth_type) const {
    if (kind != ValueKind::integer || type != DataType::unknown || !is_signed(birth_type)) return value;
    return static_cast<double>(to_signed(birth_type, bits));
  }
};

/// The fast way in: walks a payload without allocating. `payload` must outlive the decoder and its metrics.
///
///     DataDecoder decoder(payload);
///     for (DataMetric metric; decoder.next(metric);) use(metric);
///     if (!decoder.ok()) ...                                         // the bytes are no payload
class DataDecoder {
 public:
  explicit DataDecoder(std::string_view payload);
  bool next(DataMetric& metric);
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::optional<std::uint64_t> seq() const { return seq_; }
  [[nodiscard]] std::uint64_t time_ms() const { return time_ms_; }  ///< of the payload; 0: none
  [[nodiscard]] std::size_t metrics() const { return metrics_; }

 private:
  wire::Reader in_;
  std::optional<std::uint64_t> seq_;
  std::uint64_t time_ms_ = 0;
  std::size_t metrics_ = 0;
  bool ok_ = true;
};

}  // namespace millrace::sparkplug
