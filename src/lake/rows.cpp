#include "lake/rows.hpp"

namespace millrace {

void SampleBatch::clear() {
  signal_id.clear();
  source_time_us.clear();
  value.clear();
  status.clear();
  server_time_us.clear();
}

void SampleBatch::reserve(std::size_t rows) {
  signal_id.reserve(rows);
  source_time_us.reserve(rows);
  value.reserve(rows);
  status.reserve(rows);
}

void SampleBatch::add(std::int32_t signal, TimeUs source_us, double reading, StatusCode code, TimeUs server_us) {
  signal_id.push_back(signal);
  source_time_us.push_back(source_us);
  value.push_back(reading);
  status.push_back(code);
  if (server_us != 0 || !server_time_us.empty()) {
    server_time_us.resize(signal_id.size());
    server_time_us.back() = server_us;
  }
}

bool LakeCommit::empty() const {
  return samples.empty() && signals.empty() && decisions.empty() && work_orders.empty() && labels.empty() &&
         events.empty() && kpis.empty() && quality.empty();
}

void LakeCommit::clear() {
  samples.clear();
  signals.clear();
  decisions.clear();
  work_orders.clear();
  labels.clear();
  events.clear();
  kpis.clear();
  quality.clear();
}

}  // namespace millrace
