#include "sparkplug/data_encoder.hpp"

#include "sparkplug/data_type.hpp"
#include "sparkplug/wire.hpp"

#include <cmath>

namespace millrace::sparkplug {

namespace {

using wire::Kind;

// The largest metric: alias, time (11 each), datatype, historical, null (2 each), value (9), properties (2 + 68).
constexpr std::size_t metric_limit = 120;
static_assert(metric_limit < 128, "the length of a metric is written as one byte");

constexpr char byte(std::uint32_t value) { return static_cast<char>(value); }

char* put_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_key(char* out, std::string_view key) {
  *out++ = byte(wire::tag(1, Kind::bytes));
  *out++ = byte(static_cast<std::uint32_t>(key.size()));
  return put_text(out, key);
}

/// A PropertyValue: `field` is 3 (int_value) or 4 (long_value).
char* put_property(char* out, DataType type, std::uint32_t field, std::uint64_t value) {
  *out++ = byte(wire::tag(2, Kind::bytes));
  char* length = out++;
  *out++ = byte(wire::tag(1, Kind::varint));
  *out++ = byte(static_cast<std::uint32_t>(type));
  *out++ = byte(wire::tag(field, Kind::varint));
  out = wire::put_varint(out, value);
  *length = byte(static_cast<std::uint32_t>(out - length - 1));
  return out;
}

char* put_properties(char* out, const DataPoint& point) {
  *out++ = byte(wire::tag(9, Kind::bytes));
  char* length = out++;
  bool with_status = !is_good(point.status) || point.status != status::good;
  if (with_status) {
    out = put_key(out, "Quality");
    out = put_key(out, "StatusCode");
  }
  if (point.server_time_ms != 0) out = put_key(out, "ServerTime");
  if (with_status) {
    // tck-id-payloads-propertyset-quality-value-value: 0 bad, 192 good, 500 stale and nothing else
    auto quality = is_good(point.status) ? 192u : is_uncertain(point.status) ? 500u : 0u;
    out = put_property(out, DataType::int32, 3, quality);
    out = put_property(out, DataType::uint32, 4, point.status);
  }
  if (point.server_time_ms != 0) out = put_property(out, DataType::uint64, 4, point.server_time_ms);
  *length = byte(static_cast<std::uint32_t>(out - length - 1));
  return out;
}

}  // namespace

char* DataEncoder::reserve(std::size_t more) {
  if (buffer_.size() - size_ < more) buffer_.resize((buffer_.size() + more) * 2);
  return buffer_.data() + size_;
}

void DataEncoder::add(const DataPoint& point) {
  char* const begin = reserve(metric_limit + 2);
  char* out = begin;
  *out++ = byte(wire::tag(2, Kind::bytes));
  char* const length = out++;
  *out++ = byte(wire::tag(2, Kind::varint));
  out = wire::put_varint(out, point.alias);
  *out++ = byte(wire::tag(3, Kind::varint));
  out = wire::put_varint(out, point.time_ms);
  // The specification only advises against the type outside births; readers such as npm sparkplug-payload need it.
  *out++ = byte(wire::tag(4, Kind::varint));
  *out++ = byte(static_cast<std::uint32_t>(DataType::float64));
  if (point.is_historical) {
    *out++ = byte(wire::tag(5, Kind::varint));
    *out++ = 1;
  }
  bool is_null = std::isnan(point.value);
  if (is_null) {
    *out++ = byte(wire::tag(7, Kind::varint));
    *out++ = 1;
  }
  if (point.status != status::good || point.server_time_ms != 0) out = put_properties(out, point);
  if (!is_null) {
    *out++ = byte(wire::tag(13, Kind::fixed64));
    out = wire::put_double(out, point.value);
  }
  *length = byte(static_cast<std::uint32_t>(out - length - 1));
  size_ += static_cast<std::size_t>(out - begin);
  ++metrics_;
}

void DataEncoder::add_text(std::string_view name, std::uint64_t time_ms, std::string_view text, bool is_historical) {
  char numbers[48];
  char* out = numbers;
  *out++ = byte(wire::tag(3, Kind::varint));
  out = wire::put_varint(out, time_ms);
  *out++ = byte(wire::tag(4, Kind::varint));
  *out++ = byte(static_cast<std::uint32_t>(DataType::string));
  if (is_historical) {
    *out++ = byte(wire::tag(5, Kind::varint));
    *out++ = 1;
  }
  std::string_view middle(numbers, static_cast<std::size_t>(out - numbers));
  auto varint_size = [](std::uint64_t value) {
    char buffer[10];
    return static_cast<std::size_t>(wire::put_varint(buffer, value) - buffer);
  };
  auto inner = 1 + varint_size(name.size()) + name.size() + middle.size() + 1 + varint_size(text.size()) + text.size();
  char* const begin = reserve(inner + 11);
  out = begin;
  *out++ = byte(wire::tag(2, Kind::bytes));
  out = wire::put_varint(out, inner);
  *out++ = byte(wire::tag(1, Kind::bytes));
  out = wire::put_varint(out, name.size());
  out = put_text(out, name);
  out = put_text(out, middle);
  *out++ = byte(wire::tag(15, Kind::bytes));
  out = wire::put_varint(out, text.size());
  out = put_text(out, text);
  size_ += static_cast<std::size_t>(out - begin);
  ++metrics_;
}

void append_seq(std::string& payload, std::uint64_t seq) { wire::append_field(payload, 3, seq); }
void append_time(std::string& payload, std::uint64_t time_ms) { wire::append_field(payload, 1, time_ms); }

void append_unsigned(std::string& payload, std::string_view name, std::uint64_t value, std::uint64_t time_ms) {
  char numbers[40];
  char* out = numbers;
  *out++ = byte(wire::tag(3, Kind::varint));
  out = wire::put_varint(out, time_ms);
  *out++ = byte(wire::tag(4, Kind::varint));
  *out++ = byte(static_cast<std::uint32_t>(DataType::uint64));
  *out++ = byte(wire::tag(11, Kind::varint));
  out = wire::put_varint(out, value);
  std::string_view rest(numbers, static_cast<std::size_t>(out - numbers));
  wire::append_varint(payload, wire::tag(2, Kind::bytes));
  char length[10];
  auto name_size = static_cast<std::size_t>(wire::put_varint(length, name.size()) - length);
  wire::append_varint(payload, 1 + name_size + name.size() + rest.size());
  wire::append_field(payload, 1, name);
  payload.append(rest);
}

void append_text(std::string& payload, std::string_view name, std::string_view text, std::uint64_t time_ms) {
  DataEncoder encoder;
  encoder.add_text(name, time_ms, text);
  payload.append(encoder.bytes());
}

bool append_as_historical(std::string& out, std::string_view payload) {
  wire::Reader in(payload);
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(2, Kind::bytes): {
        auto metric = in.bytes();
        wire::append_varint(out, tag);
        wire::append_varint(out, metric.size() + 2);
        out.append(metric);
        wire::append_field(out, 5, 1);  // a field that comes twice: the last one counts
        break;
      }
      case wire::tag(1, Kind::varint):
      case wire::tag(3, Kind::varint):
        wire::append_field(out, tag >> 3, in.varint());
        break;
      default:
        in.skip(tag);
    }
  }
  return in.ok();
}

}  // namespace millrace::sparkplug
