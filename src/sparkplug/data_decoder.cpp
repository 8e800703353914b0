#include "sparkplug/data_decoder.hpp"

#include <bit>
#include <limits>

namespace millrace::sparkplug {

namespace {

using wire::Kind;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The value of a "Quality", "StatusCode" or "ServerTime" property; others carry 0.
bool read_property(std::string_view bytes, std::uint64_t& value) {
  wire::Reader in(bytes);
  while (auto tag = in.next_tag()) {
    if (tag == wire::tag(3, Kind::varint) || tag == wire::tag(4, Kind::varint)) {
      value = in.varint();
    } else {
      in.skip(tag);
    }
  }
  return in.ok();
}

/// Keys and values are two parallel lists that may come in any order: two walks, no memory.
bool read_properties(std::string_view bytes, DataMetric& metric) {
  std::size_t status_at = SIZE_MAX;
  std::size_t quality_at = SIZE_MAX;
  std::size_t server_time_at = SIZE_MAX;
  std::size_t index = 0;
  wire::Reader keys(bytes);
  while (auto tag = keys.next_tag()) {
    if (tag != wire::tag(1, Kind::bytes)) {
      keys.skip(tag);
      continue;
    }
    auto key = keys.bytes();
    if (key == "StatusCode") status_at = index;
    if (key == "Quality") quality_at = index;
    if (key == "ServerTime") server_time_at = index;
    ++index;
  }
  if (!keys.ok()) return false;
  index = 0;
  bool has_status = false;
  wire::Reader values(bytes);
  while (auto tag = values.next_tag()) {
    if (tag != wire::tag(2, Kind::bytes)) {
      values.skip(tag);
      continue;
    }
    auto inner = values.bytes();
    std::uint64_t value = 0;
    if (index == status_at || index == quality_at || index == server_time_at) {
      if (!read_property(inner, value)) return false;
    }
    if (index == status_at) {
      metric.status = static_cast<StatusCode>(value);
      has_status = true;
    } else if (index == quality_at && !has_status) {
      metric.status = value == 192 ? status::good : value == 500 ? status::uncertain_last_usable_value : status::bad;
    } else if (index == server_time_at) {
      metric.server_time_ms = value;
    }
    ++index;
  }
  return values.ok();
}

void set_integer(DataMetric& metric, std::uint64_t bits) {
  metric.kind = ValueKind::integer;
  metric.bits = bits;
  metric.value = is_signed(metric.type) ? static_cast<double>(to_signed(metric.type, bits)) : static_cast<double>(bits);
}

bool read_metric(std::string_view bytes, DataMetric& metric) {
  wire::Reader in(bytes);
  bool is_null = false;
  bool ok = true;
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(1, Kind::bytes):
        metric.name = in.bytes();
        break;
      case wire::tag(2, Kind::varint):
        metric.alias = in.varint();
        metric.has_alias = true;
        break;
      case wire::tag(3, Kind::varint):
        metric.time_ms = in.varint();
        break;
      case wire::tag(4, Kind::varint):
        metric.type = static_cast<DataType>(in.varint());
        break;
      case wire::tag(5, Kind::varint):
        metric.is_historical = in.varint() != 0;
        break;
      case wire::tag(7, Kind::varint):
        is_null = in.varint() != 0;
        break;
      case wire::tag(9, Kind::bytes):
        ok = read_properties(in.bytes(), metric) && ok;
        break;
      case wire::tag(10, Kind::varint):
        set_integer(metric, static_cast<std::uint32_t>(in.varint()));
        break;
      case wire::tag(11, Kind::varint):
        set_integer(metric, in.varint());
        break;
      case wire::tag(12, Kind::fixed32):
        metric.kind = ValueKind::real;
        metric.value = static_cast<double>(std::bit_cast<float>(in.fixed32()));
        break;
      case wire::tag(13, Kind::fixed64):
        metric.kind = ValueKind::real;
        metric.value = std::bit_cast<double>(in.fixed64());
        break;
      case wire::tag(14, Kind::varint):
        metric.kind = ValueKind::boolean;
        metric.value = in.varint() != 0 ? 1 : 0;
        break;
      case wire::tag(15, Kind::bytes):
        metric.kind = ValueKind::text;
        metric.value = not_a_number;
        metric.text = in.bytes();
        break;
      case wire::tag(16, Kind::bytes):
      case wire::tag(17, Kind::bytes):
      case wire::tag(18, Kind::bytes):
        metric.kind = ValueKind::other;
        metric.value = not_a_number;
        in.bytes();
        break;
      default:
        in.skip(tag);
    }
  }
  if (is_null) {
    metric.kind = ValueKind::null;
    metric.value = not_a_number;
  }
  return ok && in.ok();
}

}  // namespace

DataDecoder::DataDecoder(std::string_view payload) : in_(payload) {
  // The sequence number and the time may stand behind the metrics: a first walk over the top level finds them.
  wire::Reader in(payload);
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(1, Kind::varint):
        time_ms_ = in.varint();
        break;
      case wire::tag(2, Kind::bytes):
        in.bytes();
        ++metrics_;
        break;
      case wire::tag(3, Kind::varint):
        seq_ = in.varint();
        break;
      default:
        in.skip(tag);
    }
  }
  ok_ = in.ok();
}

bool DataDecoder::next(DataMetric& metric) {
  if (!ok_) return false;
  while (auto tag = in_.next_tag()) {
    if (tag != wire::tag(2, Kind::bytes)) {
      in_.skip(tag);
      continue;
    }
    metric = DataMetric{.time_ms = time_ms_, .value = not_a_number};
    ok_ = read_metric(in_.bytes(), metric);
    return ok_;
  }
  return false;
}

}  // namespace millrace::sparkplug
