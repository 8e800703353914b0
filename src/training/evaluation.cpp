#include "training/evaluation.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <vector>

namespace millrace {

Metrics evaluate(std::span<const float> predictions, std::span<const float> labels_uncapped, double cap) {
  Metrics metrics;
  metrics.rows = predictions.size();
  if (predictions.empty()) return metrics;
  for (std::size_t k = 0; k < predictions.size(); ++k) {
    const double full = labels_uncapped[k];
    const double label = cap > 0 ? std::min(full, cap) : full;
    const double difference = predictions[k] - label;
    metrics.rmse += difference * difference;
    metrics.rmse_uncapped += (predictions[k] - full) * (predictions[k] - full);
    metrics.mae += std::abs(difference);
    metrics.bias += difference;
    metrics.nasa_score += difference < 0 ? std::expm1(-difference / 13) : std::expm1(difference / 10);
  }
  const auto count = static_cast<double>(predictions.size());
  metrics.rmse = std::sqrt(metrics.rmse / count);
  metrics.rmse_uncapped = std::sqrt(metrics.rmse_uncapped / count);
  metrics.mae /= count;
  metrics.bias /= count;
  return metrics;
}

std::map<std::string, Metrics> evaluate_slices(std::span<const float> predictions,
                                               std::span<const float> labels_uncapped, double cap) {
  float largest = 0;
  for (const float label : labels_uncapped) largest = std::max(largest, label);
  const double scale = cap > 0 ? cap : largest;
  const double low = std::round(0.24 * scale);
  const double high = std::round(0.6 * scale);
  std::map<std::string, std::pair<std::vector<float>, std::vector<float>>> slices;
  for (std::size_t k = 0; k < predictions.size(); ++k) {
    const double label = labels_uncapped[k];
    const std::string name = label <= low    ? fmt::format("rul<={}", low)
                             : label <= high ? fmt::format("{}<rul<={}", low, high)
                                             : fmt::format("rul>{}", high);
    slices[name].first.push_back(predictions[k]);
    slices[name].second.push_back(labels_uncapped[k]);
  }
  std::map<std::string, Metrics> result;
  for (const auto& [name, rows] : slices) result[name] = evaluate(rows.first, rows.second, cap);
  return result;
}

}  // namespace millrace
