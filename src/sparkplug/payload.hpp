#pragma once

#include "base/result.hpp"
#include "sparkplug/data_type.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::sparkplug {

/// A value whose inside does not concern us (DataSet, Template, property sets, arrays), kept as it came.
struct Encoded {
  std::uint32_t field = 0;  ///< which member of the oneof it was
  std::string bytes;
  bool operator==(const Encoded&) const = default;
};

/// Signed types are int64, unsigned ones and DateTime uint64, Float and Double double, String, Text and UUID string.
using Value = std::variant<std::monostate, std::int64_t, std::uint64_t, double, bool, std::string, Encoded>;

struct Property {
  std::string key;
  DataType type = DataType::unknown;
  Value value;  ///< monostate: null
};

struct Metric {
  std::string name;                    ///< may be empty when there is an alias
  std::optional<std::uint64_t> alias;  ///< unique within the edge node
  std::uint64_t time_ms = 0;           ///< 0: none
  DataType type = DataType::unknown;   ///< must be known in births
  bool is_historical = false;
  bool is_transient = false;
  std::vector<Property> properties;
  Value value;  ///< monostate: null
};

/// A whole payload in comfort: for births, commands and tests. Data goes through DataEncoder and DataDecoder.
struct Payload {
  std::optional<std::uint64_t> time_ms, seq;
  std::vector<Metric> metrics;
  std::string uuid, body;

  [[nodiscard]] const Metric* find(std::string_view name) const;
};

std::string encode(const Payload& payload);
void encode_metric(std::string& out, const Metric& metric);  ///< appends it as a field of a payload

/// `corrupt` when the bytes are no Sparkplug payload. Unknown fields are passed over, as protobuf demands.
Result<Payload> decode(std::string_view bytes);

Metric text_metric(std::string name, std::string text, std::uint64_t time_ms);
Metric unsigned_metric(std::string name, std::uint64_t value, std::uint64_t time_ms, DataType type = DataType::uint64);
Metric boolean_metric(std::string name, bool value, std::uint64_t time_ms);

/// The value as a number, boolean as 0 or 1; nothing for null and text.
std::optional<double> to_number(const Value& value);

}  // namespace millrace::sparkplug
