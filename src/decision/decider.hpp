#pragma once

#include "base/time.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

/// What came out of one prediction.
struct Verdict {
  std::string_view advice;  ///< "none", "no_advice" or the use case's word; valid as long as the Decider
  std::uint32_t hold = 0;   ///< consecutive results that met the condition
  bool begins = false;      ///< the first of a run of the same advice: worth telling people
};

/// The rule of one asset: condition, hold, quality of the inputs, time-out. Sans-I/O; no allocation after construction.
class Decider {
 public:
  /// `most_missing`: largest share of inputs that may be missing or bad (UseCase::Quality::missing).
  Decider(const UseCase::Decision& rule, double most_missing);

  /// A new prediction. `inputs_good` is 0..1. Predictions that rest on too little, or are no number, neither count for
  /// the hold nor break it: they say nothing about the asset.
  Verdict decide(double prediction, double inputs_good, TimeUs now_us);
  /// True once when no prediction came for the rule's time-out: then the advice is "no_advice" until the next one.
  bool timed_out(TimeUs now_us);
  /// A new life of the asset.
  void reset();

  /// Consecutive results so far: kept over a restart of the process.
  [[nodiscard]] std::uint32_t hold() const { return hold_; }
  void restore_hold(std::uint32_t hold) { hold_ = hold; }

  /// Why the last verdict is what it is, in words for people; written into `out`, which is reused.
  void explain(std::string& out) const;

 private:
  enum class Why { nothing, condition, not_met, held_back, inputs, not_a_number, timeout };
  Verdict finish(std::string_view advice, Why why);

  Condition when_;
  std::uint32_t hold_needed_;
  std::string advice_word_;
  double most_missing_;
  std::int64_t timeout_us_;
  std::uint32_t hold_ = 0;
  TimeUs last_us_ = 0;
  bool waiting_ = false;
  std::string_view last_advice_ = "none";
  Why why_ = Why::nothing;
  double prediction_ = 0, inputs_good_ = 0;
};

}  // namespace millrace
