#include "sparkplug/payload.hpp"

#include "sparkplug/wire.hpp"

#include <bit>

namespace millrace::sparkplug {

namespace {

/// Field numbers of the `value` oneof: the same seven kinds with another base in Metric and PropertyValue.
struct Fields {
  std::uint32_t null_flag, int_value;
  [[nodiscard]] std::uint32_t long_value() const { return int_value + 1; }
  [[nodiscard]] std::uint32_t float_value() const { return int_value + 2; }
  [[nodiscard]] std::uint32_t double_value() const { return int_value + 3; }
  [[nodiscard]] std::uint32_t boolean_value() const { return int_value + 4; }
  [[nodiscard]] std::uint32_t string_value() const { return int_value + 5; }
};
constexpr Fields metric_fields{7, 10};
constexpr Fields property_fields{2, 3};

/// Tahu and its descendants put UInt32 into `long_value`; readers must take both.
constexpr bool fits_int_value(DataType type) {
  return type == DataType::int8 || type == DataType::int16 || type == DataType::int32 || type == DataType::uint8 ||
         type == DataType::uint16;
}

void encode_value(std::string& out, const Fields& fields, DataType type, const Value& value) {
  auto integer = [&](std::uint64_t bits) {
    if (fits_int_value(type)) {
      wire::append_field(out, fields.int_value, static_cast<std::uint32_t>(bits));
    } else {
      wire::append_field(out, fields.long_value(), bits);
    }
  };
  auto real = [&](double number) {
    char buffer[8];
    if (type == DataType::float32) {
      auto narrow = static_cast<float>(number);
      std::memcpy(buffer, &narrow, 4);
      wire::append_varint(out, wire::tag(fields.float_value(), wire::Kind::fixed32));
      out.append(buffer, 4);
    } else {
      wire::put_double(buffer, number);
      wire::append_varint(out, wire::tag(fields.double_value(), wire::Kind::fixed64));
      out.append(buffer, 8);
    }
  };
  switch (value.index()) {
    case 0:
      wire::append_field(out, fields.null_flag, 1);
      break;
    case 1:
      integer(static_cast<std::uint64_t>(std::get<std::int64_t>(value)));
      break;
    case 2:
      integer(std::get<std::uint64_t>(value));
      break;
    case 3:
      real(std::get<double>(value));
      break;
    case 4:
      wire::append_field(out, fields.boolean_value(), std::get<bool>(value) ? 1 : 0);
      break;
    case 5:
      wire::append_field(out, fields.string_value(), std::get<std::string>(value));
      break;
    default:
      wire::append_field(out, std::get<Encoded>(value).field, std::get<Encoded>(value).bytes);
  }
}

Value integer_value(DataType type, std::uint64_t bits) {
  if (is_signed(type)) return to_signed(type, bits);
  return bits;
}

/// Reads the field with `tag` into `value` when it belongs to the oneof; else steps over it.
void decode_value(wire::Reader& in, std::uint32_t tag, const Fields& fields, DataType type, Value& value) {
  auto field = tag >> 3;
  auto kind = static_cast<wire::Kind>(tag & 7);
  if (kind == wire::Kind::varint && (field == fields.int_value || field == fields.long_value())) {
    auto bits = in.varint();
    value = integer_value(type, field == fields.int_value ? static_cast<std::uint32_t>(bits) : bits);
  } else if (kind == wire::Kind::fixed32 && field == fields.float_value()) {
    value = static_cast<double>(std::bit_cast<float>(in.fixed32()));
  } else if (kind == wire::Kind::fixed64 && field == fields.double_value()) {
    value = std::bit_cast<double>(in.fixed64());
  } else if (kind == wire::Kind::varint && field == fields.boolean_value()) {
    value = in.varint() != 0;
  } else if (kind == wire::Kind::bytes && field == fields.string_value()) {
    value = std::string(in.bytes());
  } else if (kind == wire::Kind::bytes && field > fields.string_value() && field <= 19) {
    value = Encoded{field, std::string(in.bytes())};
  } else {
    in.skip(tag);
  }
}

bool decode_property(std::string_view bytes, Property& property) {
  wire::Reader in(bytes);
  bool is_null = false;
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(1, wire::Kind::varint):
        property.type = static_cast<DataType>(in.varint());
        break;
      case wire::tag(2, wire::Kind::varint):
        is_null = in.varint() != 0;
        break;
      default:
        decode_value(in, tag, property_fields, property.type, property.value);
    }
  }
  if (is_null) property.value = {};
  return in.ok();
}

bool decode_properties(std::string_view bytes, std::vector<Property>& properties) {
  wire::Reader in(bytes);
  std::size_t keys = 0;
  std::size_t values = 0;
  auto at = [&](std::size_t index) -> Property& {
    if (index >= properties.size()) properties.resize(index + 1);
    return properties[index];
  };
  bool ok = true;
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(1, wire::Kind::bytes):
        at(keys++).key = in.bytes();
        break;
      case wire::tag(2, wire::Kind::bytes):
        ok = decode_property(in.bytes(), at(values++)) && ok;
        break;
      default:
        in.skip(tag);
    }
  }
  return ok && in.ok() && keys == values;  // tck-id-payloads-propertyset-values-array-size
}

bool decode_metric(std::string_view bytes, Metric& metric) {
  wire::Reader in(bytes);
  bool is_null = false;
  bool ok = true;
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(1, wire::Kind::bytes):
        metric.name = in.bytes();
        break;
      case wire::tag(2, wire::Kind::varint):
        metric.alias = in.varint();
        break;
      case wire::tag(3, wire::Kind::varint):
        metric.time_ms = in.varint();
        break;
      case wire::tag(4, wire::Kind::varint):
        metric.type = static_cast<DataType>(in.varint());
        break;
      case wire::tag(5, wire::Kind::varint):
        metric.is_historical = in.varint() != 0;
        break;
      case wire::tag(6, wire::Kind::varint):
        metric.is_transient = in.varint() != 0;
        break;
      case wire::tag(7, wire::Kind::varint):
        is_null = in.varint() != 0;
        break;
      case wire::tag(9, wire::Kind::bytes):
        ok = decode_properties(in.bytes(), metric.properties) && ok;
        break;
      default:
        decode_value(in, tag, metric_fields, metric.type, metric.value);
    }
  }
  if (is_null) metric.value = {};
  if (is_signed(metric.type) && std::holds_alternative<std::uint64_t>(metric.value)) {
    metric.value = to_signed(metric.type, std::get<std::uint64_t>(metric.value));  // the type came after the value
  }
  return ok && in.ok();
}

}  // namespace

const Metric* Payload::find(std::string_view name) const {
  for (const auto& metric : metrics) {
    if (metric.name == name) return &metric;
  }
  return nullptr;
}

void encode_metric(std::string& out, const Metric& metric) {
  std::string inner;
  if (!metric.name.empty()) wire::append_field(inner, 1, metric.name);
  if (metric.alias) wire::append_field(inner, 2, *metric.alias);
  if (metric.time_ms != 0) wire::append_field(inner, 3, metric.time_ms);
  if (metric.type != DataType::unknown) wire::append_field(inner, 4, static_cast<std::uint64_t>(metric.type));
  if (metric.is_historical) wire::append_field(inner, 5, 1);
  if (metric.is_transient) wire::append_field(inner, 6, 1);
  if (!metric.properties.empty()) {
    std::string set;
    for (const auto& property : metric.properties) wire::append_field(set, 1, property.key);
    for (const auto& property : metric.properties) {
      std::string value;
      wire::append_field(value, 1, static_cast<std::uint64_t>(property.type));
      encode_value(value, property_fields, property.type, property.value);
      wire::append_field(set, 2, value);
    }
    wire::append_field(inner, 9, set);
  }
  encode_value(inner, metric_fields, metric.type, metric.value);
  wire::append_field(out, 2, inner);
}

std::string encode(const Payload& payload) {
  std::string out;
  if (payload.time_ms) wire::append_field(out, 1, *payload.time_ms);
  for (const auto& metric : payload.metrics) encode_metric(out, metric);
  if (payload.seq) wire::append_field(out, 3, *payload.seq);
  if (!payload.uuid.empty()) wire::append_field(out, 4, payload.uuid);
  if (!payload.body.empty()) wire::append_field(out, 5, payload.body);
  return out;
}

Result<Payload> decode(std::string_view bytes) {
  Payload payload;
  wire::Reader in(bytes);
  bool ok = true;
  while (auto tag = in.next_tag()) {
    switch (tag) {
      case wire::tag(1, wire::Kind::varint):
        payload.time_ms = in.varint();
        break;
      case wire::tag(2, wire::Kind::bytes):
        ok = decode_metric(in.bytes(), payload.metrics.emplace_back()) && ok;
        break;
      case wire::tag(3, wire::Kind::varint):
        payload.seq = in.varint();
        break;
      case wire::tag(4, wire::Kind::bytes):
        payload.uuid = in.bytes();
        break;
      case wire::tag(5, wire::Kind::bytes):
        payload.body = in.bytes();
        break;
      default:
        in.skip(tag);
    }
  }
  if (!ok || !in.ok()) return fail(ErrorCode::corrupt, "these bytes are no Sparkplug B payload");
  return payload;
}

Metric text_metric(std::string name, std::string text, std::uint64_t time_ms) {
  return {.name = std::move(name), .time_ms = time_ms, .type = DataType::string, .value = std::move(text)};
}
Metric unsigned_metric(std::string name, std::uint64_t value, std::uint64_t time_ms, DataType type) {
  return {.name = std::move(name), .time_ms = time_ms, .type = type, .value = value};
}
Metric boolean_metric(std::string name, bool value, std::uint64_t time_ms) {
  return {.name = std::move(name), .time_ms = time_ms, .type = DataType::boolean, .value = value};
}

std::optional<double> to_number(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? 1.0 : 0.0;
  return std::nullopt;
}

}  // namespace millrace::sparkplug
