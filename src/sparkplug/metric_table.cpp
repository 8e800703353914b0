#include "sparkplug/host.hpp"

#include <algorithm>

namespace millrace::sparkplug {

void MetricTable::clear() {
  metrics_.clear();
  by_alias_.clear();
  sparse_.clear();
  by_name_.clear();
  first_alias_ = 0;
}

void MetricTable::assign(const Payload& birth) {
  clear();
  std::uint64_t lowest = UINT64_MAX;
  std::uint64_t highest = 0;
  for (const auto& metric : birth.metrics) {
    auto index = static_cast<std::uint32_t>(metrics_.size());
    metrics_.push_back({.name = metric.name, .type = metric.type});
    by_name_.emplace(metric.name, index);
    if (!metric.alias) continue;
    sparse_.emplace(*metric.alias, index);
    lowest = std::min(lowest, *metric.alias);
    highest = std::max(highest, *metric.alias);
  }
  // A table by alias where that wastes little; whoever births must not be able to make us allocate at will.
  if (sparse_.empty() || highest - lowest >= 4 * sparse_.size() + 64) return;
  first_alias_ = lowest;
  by_alias_.assign(highest - lowest + 1, none);
  for (const auto& [alias, index] : sparse_) by_alias_[alias - lowest] = index;
  sparse_.clear();
}

const BornMetric* MetricTable::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &metrics_[found->second];
}

const BornMetric* MetricTable::find_sparse(std::uint64_t alias) const {
  auto found = sparse_.find(alias);
  return found == sparse_.end() ? nullptr : &metrics_[found->second];
}

}  // namespace millrace::sparkplug
