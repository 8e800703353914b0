#include "decision/record.hpp"

#include "base/id.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <limits>

namespace millrace {
namespace {

void append_text(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // characters up to here are written
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, at - plain);
    plain = at + 1;
    if (byte < 0x20) {
      const char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
      out.append(escape, sizeof escape);
    } else {
      const char escape[] = {'\\', text[at]};
      out.append(escape, sizeof escape);
    }
  }
  out.append(text, plain);
  out += '"';
}

template <typename Number>
void append_number(std::string& out, Number value) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(value)) {
      out += "null";
      return;
    }
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ~ObjectWriter() { out_ += '}'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_text(out_, value);
  }
  template <typename Number>
  void number(std::string_view name, Number value) {
    key(name);
    append_number(out_, value);
  }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace

void append_json(std::string& out, const DecisionRecord& record) {
  ObjectWriter object(out);
  object.text("decision_id", record.decision_id);
  object.number("time_us", record.time_us);
  object.text("asset", record.asset);
  object.text("site", record.site);
  object.text("device", record.device);
  object.text("use_case", record.use_case);
  object.text("use_case_version", record.use_case_version);
  object.text("model_version", record.model_version);
  object.text("feature_hash", record.feature_hash);
  object.number("clock", record.clock);
  object.number("prediction", record.prediction);
  object.text("unit", record.unit);
  object.text("advice", record.advice);
  object.text("reason", record.reason);
  object.number("inputs_good", record.inputs_good);
  object.number("hold", record.hold);
  object.number("latency_us", record.latency_us);
  object.number("source_time_us", record.source_time_us);
  if (record.features.empty()) return;
  object.key("features");
  out += '[';
  for (std::size_t i = 0; i < record.features.size(); ++i) {
    if (i > 0) out += ',';
    append_number(out, record.features[i]);
  }
  out += ']';
}

Result<DecisionRecord> parse_decision_record(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::corrupt, fmt::format("no decision record: {}", text.substr(0, 80)));
  DecisionRecord record;
  const auto number = [&](const char* key) {
    return json.contains(key) && json[key].is_number() ? json[key].get<double>()
                                                       : std::numeric_limits<double>::quiet_NaN();
  };
  try {
    record.decision_id = json.at("decision_id");
    record.time_us = json.value("time_us", TimeUs{0});
    record.asset = json.value("asset", "");
    record.site = json.value("site", "");
    record.device = json.value("device", "");
    record.use_case = json.value("use_case", "");
    record.use_case_version = json.value("use_case_version", "");
    record.model_version = json.value("model_version", "");
    record.feature_hash = json.value("feature_hash", "");
    record.clock = number("clock");
    record.prediction = number("prediction");
    record.unit = json.value("unit", "");
    record.advice = json.value("advice", "");
    record.reason = json.value("reason", "");
    record.inputs_good = json.value("inputs_good", 0.0);
    record.hold = json.value("hold", 0u);
    record.latency_us = json.value("latency_us", std::int64_t{0});
    record.source_time_us = json.value("source_time_us", TimeUs{0});
    if (json.contains("features")) {
      for (const auto& feature : json["features"]) {
        record.features.push_back(feature.is_number() ? feature.get<float>() : std::numeric_limits<float>::quiet_NaN());
      }
    }
  } catch (const nlohmann::json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("decision record: {}", error.what()));
  }
  return record;
}

DecisionIds::DecisionIds() {
  for (const char digit : random_id()) state_ = state_ * 31 + static_cast<unsigned char>(digit);
}

std::uint64_t DecisionIds::random() {  // SplitMix64
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

void DecisionIds::next(TimeUs now_us, std::string& out) {
  constexpr std::uint32_t counter_limit = 1u << 12;
  auto now_ms = static_cast<std::uint64_t>(now_us / 1000);
  if (now_ms > last_ms_) {
    last_ms_ = now_ms;
    counter_ = 0;
  } else if (++counter_ == counter_limit) {  // more than 4096 in a millisecond: the time runs ahead (RFC 9562, 6.2)
    ++last_ms_;
    counter_ = 0;
  }
  const std::uint64_t high = (last_ms_ << 16) | 0x7000u | counter_;
  const std::uint64_t low = (random() & 0x3FFFFFFFFFFFFFFFull) | 0x8000000000000000ull;
  constexpr char hex[] = "0123456789abcdef";
  constexpr std::size_t length = 36;
  out.resize(length);
  std::size_t at = 0;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) out[at++] = '-';
    const std::uint64_t word = digit < 16 ? high : low;
    out[at++] = hex[(word >> (60 - 4 * (digit % 16))) & 15];
  }
}

}  // namespace millrace
