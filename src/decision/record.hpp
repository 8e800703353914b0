#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// One decision, with all that is needed to trace it. Travels as one flat JSON object and is the lake's row.
struct DecisionRecord {
  std::string decision_id;  ///< UUIDv7
  TimeUs time_us = 0;       ///< when it was made, by the device's clock
  std::string asset, site, device;
  std::string use_case, use_case_version;
  std::string model_version;  ///< "turbofan-maintenance/3"
  std::string feature_hash;   ///< SHA-256 of the feature definition
  double clock = 0;           ///< age of the asset; NaN: not known
  double prediction = 0;      ///< NaN: none
  std::string unit;           ///< of the prediction
  std::string advice;         ///< "none", "no_advice", or the use case's word
  std::string reason;
  double inputs_good = 0;  ///< 0..1
  std::uint32_t hold = 0;
  std::int64_t latency_us = 0;  ///< message in -> decision out
  TimeUs source_time_us = 0;    ///< of the newest row
  std::vector<float> features;  ///< may be empty
};

/// Appends the JSON; no allocation once `out` has grown. Numbers that are not finite become null; other numbers are the
/// shortest that read back to the same bits.
void append_json(std::string& out, const DecisionRecord& record);
/// Members that are missing keep their defaults; `corrupt` for what is no JSON object or has no decision_id.
Result<DecisionRecord> parse_decision_record(std::string_view json);

/// UUIDv7 (RFC 9562, 5.7) without a system call for each: 48 bits of time, a counter that makes ids of one millisecond
/// sort in order of making, 62 bits of a generator that is seeded from the operating system.
class DecisionIds {
 public:
  DecisionIds();
  explicit DecisionIds(std::uint64_t seed) : state_(seed) {}
  /// Writes 36 characters into `out`, which is reused.
  void next(TimeUs now_us, std::string& out);

 private:
  std::uint64_t random();
  std::uint64_t state_ = 0;
  std::uint64_t last_ms_ = 0;
  std::uint32_t counter_ = 0;
};

}  // namespace millrace
