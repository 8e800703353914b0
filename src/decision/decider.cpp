#include "decision/decider.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace millrace {

namespace {
constexpr std::string_view nothing_to_do = "none";
constexpr std::string_view no_advice = "no_advice";
}  // namespace

Decider::Decider(const UseCase::Decision& rule, double most_missing)
    : when_(rule.when),
      hold_needed_(rule.hold),
      advice_word_(rule.advice),
      most_missing_(most_missing),
      timeout_us_(rule.timeout.after_us) {}

Verdict Decider::finish(std::string_view advice, Why why) {
  why_ = why;
  const bool begins = advice != last_advice_;
  last_advice_ = advice;
  return {advice, hold_, begins};
}

Verdict Decider::decide(double prediction, double inputs_good, TimeUs now_us) {
  last_us_ = now_us;
  waiting_ = true;
  prediction_ = prediction;
  inputs_good_ = inputs_good;
  constexpr double rounding = 1e-9;
  if (1 - inputs_good > most_missing_ + rounding) return finish(no_advice, Why::inputs);
  if (!std::isfinite(prediction)) return finish(no_advice, Why::not_a_number);
  if (!when_.comparison.holds(prediction)) {
    hold_ = 0;
    return finish(nothing_to_do, Why::not_met);
  }
  if (hold_ < UINT32_MAX) ++hold_;
  if (hold_ < hold_needed_) return finish(nothing_to_do, Why::held_back);
  return finish(advice_word_, Why::condition);
}

bool Decider::timed_out(TimeUs now_us) {
  if (!waiting_ || now_us - last_us_ < timeout_us_) return false;
  waiting_ = false;
  finish(no_advice, Why::timeout);
  return true;
}

void Decider::reset() {
  hold_ = 0;
  waiting_ = false;
  last_advice_ = nothing_to_do;
  why_ = Why::nothing;
}

void Decider::explain(std::string& out) const {
  out.clear();
  const auto end = std::back_inserter(out);
  const Comparison& limit = when_.comparison;
  const auto sign = to_string(limit.compare);
  switch (why_) {
    case Why::nothing:
      break;
    case Why::condition:
      fmt::format_to(end, "{} {:.1f} {} {}, {} in a row", when_.name, prediction_, sign, limit.value, hold_);
      break;
    case Why::not_met:
      fmt::format_to(end, "{} {:.1f} is not {} {}", when_.name, prediction_, sign, limit.value);
      break;
    case Why::held_back:
      fmt::format_to(end, "{} {:.1f} {} {}, {} of {} in a row", when_.name, prediction_, sign, limit.value, hold_,
                     hold_needed_);
      break;
    case Why::inputs:
      fmt::format_to(end, "only {:.0f} % of the inputs are good, {:.0f} % are needed", inputs_good_ * 100,
                     (1 - most_missing_) * 100);
      break;
    case Why::not_a_number:
      fmt::format_to(end, "the model gave no number");
      break;
    case Why::timeout:
      fmt::format_to(end, "no data for {:.1f} s", static_cast<double>(timeout_us_) / 1e6);
      break;
  }
}

}  // namespace millrace
