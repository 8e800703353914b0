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
  std::string decision_id;  ///< see DecisionKey
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

/// Who answers, and for which asset: device, use case, model and asset of a record as 128 bits (of a SHA-256).
struct DecisionKey {
  std::uint64_t high = 0, low = 0;
};
DecisionKey decision_key(const DecisionRecord& record);

/// Writes 36 characters into `out`, which is reused: a UUIDv8 (RFC 9562, 5.8) of the row's time in milliseconds, so
/// that ids sort as the rows do, and 74 bits that depend on key and times. Nothing of chance: a device that is killed
/// after it told a decision, and before it stored it, decides on the row anew and gives it the same id. `silence_us`:
/// when a time-out ended the wait for the row after this one; 0 for a decision on the row itself.
void write_decision_id(const DecisionKey& key, TimeUs source_time_us, TimeUs silence_us, std::string& out);

}  // namespace millrace
