#include "edge/outbox.hpp"

#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"

namespace millrace {

bool Outbox::add(std::string_view metric, TimeUs time_us) {
  if (bytes_ + metric.size() > options_.limit_bytes) {
    if (gap_.points == 0) gap_ = {.from_us = time_us, .reason = "the spool took nothing"};
    ++gap_.points;
    gap_.to_us = time_us;
    ++lost_;
    return false;
  }
  bytes_ += metric.size();
  if (batches_.empty() || batches_.back().metrics.size() + metric.size() > options_.batch_bytes) {
    batches_.push_back({.device = Uplink::node_itself, .metrics = {}});
  }
  batches_.back().metrics.append(metric);
  ++batches_.back().points;
  return true;
}

void Outbox::take(std::vector<Uplink::Item>& items) {
  if (gap_.points > 0) {
    sparkplug::DataEncoder encoder;
    encoder.add_text(sparkplug::names::gap, static_cast<std::uint64_t>(gap_.to_us / 1000), gap_json(gap_));
    items.push_back({.device = Uplink::node_itself, .metrics = std::string(encoder.bytes()), .points = gap_.points});
    gap_ = {};
  }
  for (auto& batch : batches_) items.push_back(std::move(batch));
  batches_.clear();
  bytes_ = 0;
}

}  // namespace millrace
