#include "decision/record.hpp"

#include "base/hash.hpp"

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

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): one to one.
std::uint64_t mixed(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

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

DecisionKey decision_key(const DecisionRecord& record) {
  std::string text;
  for (const std::string* part : {&record.device, &record.use_case, &record.use_case_version, &record.model_version,
                                  &record.feature_hash, &record.site, &record.asset}) {
    text += *part;
    text += '\n';  // stands in no name
  }
  const std::string digits = sha256_hex(text);
  constexpr std::size_t word = 16;
  DecisionKey key;
  std::from_chars(digits.data(), digits.data() + word, key.high, 16);
  std::from_chars(digits.data() + word, digits.data() + 2 * word, key.low, 16);
  return key;
}

void write_decision_id(const DecisionKey& key, TimeUs source_time_us, TimeUs silence_us, std::string& out) {
  const std::uint64_t first = mixed(key.high ^ mixed(static_cast<std::uint64_t>(source_time_us)));
  const std::uint64_t second = mixed(key.low ^ mixed(first ^ static_cast<std::uint64_t>(silence_us)));
  const std::uint64_t third = mixed(first ^ second);
  const auto source_time_ms = static_cast<std::uint64_t>(source_time_us / 1000);
  const std::uint64_t high = (source_time_ms << 16) | 0x8000u | (third & 0x0FFFu);
  const std::uint64_t low = (second & 0x3FFFFFFFFFFFFFFFull) | 0x8000000000000000ull;
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
