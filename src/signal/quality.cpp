#include "signal/quality.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

constexpr std::array<std::string_view, quality_check_count> check_names{"missing", "range",      "spike",    "stuck",
                                                                        "late",    "clock_skew", "duplicate"};
constexpr std::uint8_t bit(QualityCheck check) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(check)); }

/// The worse of two codes by severity; the source's own code wins a draw, it knows more.
StatusCode worse(StatusCode source, StatusCode ours) { return (ours >> 30) > (source >> 30) ? ours : source; }

double median(std::array<double, 16>& values, std::size_t count) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(count));
  return *middle;
}

}  // namespace

std::string_view to_string(QualityCheck check) { return check_names[static_cast<std::size_t>(check)]; }

void QualityChecks::add(const QualityLimits& limits) { states_.emplace_back().limits = limits; }

// Hampel's identifier over the newest values: the median and its absolute deviation stand up to the spikes themselves.
// F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69 (1974), pp. 383-393.
bool QualityChecks::is_spike(const State& state, double value) {
  if (state.limits.spike_deviations <= 0 || state.held < recent) return false;
  std::array<double, recent> sorted = state.values;
  const double middle = median(sorted, recent);
  for (std::size_t i = 0; i < recent; ++i) sorted[i] = std::abs(state.values[i] - middle);
  const double deviation = 1.4826 * median(sorted, recent);
  if (deviation <= 0) return false;  // a step signal: any change would be a spike
  return std::abs(value - middle) > state.limits.spike_deviations * deviation;
}

QualityVerdict QualityChecks::check(const Sample& sample, TimeUs now_us) {
  QualityVerdict verdict{sample.status, false};
  if (sample.signal >= states_.size()) return verdict;
  State& state = states_[sample.signal];
  const QualityLimits& limits = state.limits;
  ++state.samples;
  state.last_seen_us = now_us;
  set(sample.signal, QualityCheck::late, false, sample.source_time_us, sample.value);

  const bool duplicate = sample.source_time_us == state.last_source_us;
  set(sample.signal, QualityCheck::duplicate, duplicate, sample.source_time_us, sample.value);
  if (duplicate) return {sample.status, true};
  state.last_source_us = std::max(state.last_source_us, sample.source_time_us);

  const bool skewed = limits.skew_us > 0 && std::abs(now_us - sample.source_time_us) > limits.skew_us;
  set(sample.signal, QualityCheck::clock_skew, skewed, sample.source_time_us, sample.value);
  if (skewed) verdict.status = worse(verdict.status, status::uncertain);

  const bool missing = !std::isfinite(sample.value) || is_bad(sample.status);
  set(sample.signal, QualityCheck::missing, missing, sample.source_time_us, sample.value);
  if (missing) {
    verdict.status = worse(verdict.status, status::bad);
    return verdict;
  }
  const bool outside = sample.value < limits.low || sample.value > limits.high;
  set(sample.signal, QualityCheck::range, outside, sample.source_time_us, sample.value);
  if (outside) verdict.status = worse(verdict.status, status::bad_out_of_range);

  const bool spike = is_spike(state, sample.value);
  set(sample.signal, QualityCheck::spike, spike, sample.source_time_us, sample.value);
  if (spike) verdict.status = worse(verdict.status, status::uncertain);
  state.values[state.next] = sample.value;
  state.next = (state.next + 1) % recent;
  state.held = std::min<std::uint32_t>(state.held + 1, recent);

  if (sample.value == state.last) {
    ++state.equal;
  } else {
    state.equal = 1;
    state.equal_since_us = sample.source_time_us;
    state.last = sample.value;
  }
  const bool stuck = (limits.stuck_samples > 0 && state.equal >= limits.stuck_samples) ||
                     (limits.stuck_us > 0 && sample.source_time_us - state.equal_since_us >= limits.stuck_us);
  set(sample.signal, QualityCheck::stuck, stuck, sample.source_time_us, sample.value);
  if (stuck) verdict.status = worse(verdict.status, status::uncertain_last_usable_value);
  return verdict;
}

void QualityChecks::poll(TimeUs now_us) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.limits.late_us <= 0 || state.samples == 0) continue;
    if (now_us - state.last_seen_us <= state.limits.late_us || (state.active & bit(QualityCheck::late))) continue;
    set(static_cast<SignalIndex>(i), QualityCheck::late, true, now_us, state.last);
  }
}

void QualityChecks::set(SignalIndex signal, QualityCheck check, bool bad, TimeUs time_us, double value) {
  State& state = states_[signal];
  const bool was_bad = (state.active & bit(check)) != 0;
  if (bad) ++state.counts[static_cast<std::size_t>(check)];
  if (bad == was_bad) return;
  state.active = static_cast<std::uint8_t>(bad ? state.active | bit(check) : state.active & ~bit(check));
  report({signal, check, !bad, time_us, value});
}

void QualityChecks::report(const QualityFinding& finding) {
  if (waiting_ == findings_.size()) {  // the newest say more about the plant as it is now
    first_finding_ = (first_finding_ + 1) % findings_.size();
    --waiting_;
    ++findings_dropped_;
  }
  findings_[(first_finding_ + waiting_++) % findings_.size()] = finding;
}

std::optional<QualityFinding> QualityChecks::take_finding() {
  if (waiting_ == 0) return std::nullopt;
  const QualityFinding finding = findings_[first_finding_];
  first_finding_ = (first_finding_ + 1) % findings_.size();
  --waiting_;
  return finding;
}

std::uint64_t QualityChecks::count(SignalIndex signal, QualityCheck check) const {
  return states_[signal].counts[static_cast<std::size_t>(check)];
}
std::uint64_t QualityChecks::samples(SignalIndex signal) const { return states_[signal].samples; }
bool QualityChecks::active(SignalIndex signal, QualityCheck check) const {
  return (states_[signal].active & bit(check)) != 0;
}

}  // namespace millrace
