#include "signal/quality.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

/// The worse of two codes by severity; the source's own code wins a draw, it knows more.
StatusCode worse(StatusCode source, StatusCode ours) { return (ours >> 30) > (source >> 30) ? ours : source; }

double median(std::array<double, 16>& values, std::size_t count) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(count));
  return *middle;
}

}  // namespace

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

// Ahead is plain at once: nothing arrives before it was made. Behind may also be a delay on the way, as when a source
// sends what it kept over an outage; a delay ends, a wrong clock stays.
bool QualityChecks::is_skewed(State& state, TimeUs source_time_us, TimeUs now_us) {
  const std::int64_t limit_us = state.limits.skew_us;
  if (limit_us <= 0) return false;
  if (now_us - source_time_us <= limit_us) {
    state.behind_since_us = 0;
    return source_time_us - now_us > limit_us;
  }
  if (state.behind_since_us == 0) state.behind_since_us = now_us;
  return now_us - state.behind_since_us >= limit_us;
}

bool QualityChecks::is_stuck(State& state, const Sample& sample) {
  if (sample.value == state.last) {
    ++state.equal;
  } else {
    state.equal = 1;
    state.equal_since_us = sample.source_time_us;
    state.last = sample.value;
  }
  const QualityLimits& limits = state.limits;
  return (limits.stuck_samples > 0 && state.equal >= limits.stuck_samples) ||
         (limits.stuck_us > 0 && sample.source_time_us - state.equal_since_us >= limits.stuck_us);
}

QualityVerdict QualityChecks::check(const Sample& sample, TimeUs now_us, bool is_history) {
  QualityVerdict verdict{sample.status};
  if (sample.signal >= states_.size()) return verdict;
  State& state = states_[sample.signal];
  const auto judge = [&](QualityCheck check, bool bad, StatusCode status) {
    if (!set(sample.signal, check, bad, sample.source_time_us, sample.value)) return;
    verdict.findings |= bit(check);
    verdict.status = worse(verdict.status, status);
  };
  ++state.samples;
  state.last_seen_us = now_us;
  set(sample.signal, QualityCheck::late, false, sample.source_time_us, sample.value);

  judge(QualityCheck::duplicate, !is_history && sample.source_time_us == state.last_source_us, status::good);
  if (verdict.has(QualityCheck::duplicate)) return verdict;
  state.last_source_us = std::max(state.last_source_us, sample.source_time_us);
  if (!is_history) judge(QualityCheck::clock_skew, is_skewed(state, sample.source_time_us, now_us), status::uncertain);
  judge(QualityCheck::missing, !std::isfinite(sample.value) || is_bad(sample.status), status::bad);
  if (verdict.has(QualityCheck::missing)) return verdict;

  const bool outside = sample.value < state.limits.low || sample.value > state.limits.high;
  judge(QualityCheck::range, outside, status::bad_out_of_range);
  judge(QualityCheck::spike, is_spike(state, sample.value), status::uncertain);
  state.values[state.next] = sample.value;
  state.next = (state.next + 1) % recent;
  state.held = std::min<std::uint32_t>(state.held + 1, recent);
  judge(QualityCheck::stuck, is_stuck(state, sample), status::uncertain_last_usable_value);
  return verdict;
}

void QualityChecks::poll(TimeUs now_us, const std::function<void(SignalIndex)>& overdue) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.limits.late_us <= 0 || state.last_seen_us == 0) continue;
    if (now_us - state.last_seen_us <= state.limits.late_us || (state.active & bit(QualityCheck::late))) continue;
    set(static_cast<SignalIndex>(i), QualityCheck::late, true, now_us, state.last);
    if (overdue) overdue(static_cast<SignalIndex>(i));
  }
}

void QualityChecks::rest(SignalIndex signal) { states_[signal].last_seen_us = 0; }

void QualityChecks::note(SignalIndex signal, QualityCheck check, TimeUs time_us, double value) {
  set(signal, check, true, time_us, value);
}

bool QualityChecks::set(SignalIndex signal, QualityCheck check, bool bad, TimeUs time_us, double value) {
  State& state = states_[signal];
  const bool was_bad = (state.active & bit(check)) != 0;
  if (bad) ++state.counts[static_cast<std::size_t>(check)];
  if (bad == was_bad) return bad;
  state.active = static_cast<std::uint8_t>(bad ? state.active | bit(check) : state.active & ~bit(check));
  report({signal, check, !bad, time_us, value});
  return bad;
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
