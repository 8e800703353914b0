#include "training/dataset.hpp"

#include "features/window.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

namespace millrace {
namespace {

/// Mean squared distance of the scaled context settings to their nearest centre.
double spread(const RegimeNormalisation& fit, const RowLayout& layout, std::span<const double> rows) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows.size() / layout.size(); ++row) {
    const auto context = rows.subspan(row * layout.size() + layout.measured, layout.context);
    if (std::ranges::any_of(context, [](double value) { return std::isnan(value); })) continue;
    const auto& centre = fit.centers[fit.regime_of(context)];
    for (std::size_t k = 0; k < layout.context; ++k) {
      const double difference = (context[k] - fit.context_mean[k]) / fit.context_scale[k] - centre[k];
      sum += difference * difference;
    }
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

/// At most so many rows are enough to see clusters.
std::vector<double> thin(std::span<const double> rows, std::size_t width, std::size_t limit) {
  const std::size_t count = rows.size() / width;
  const std::size_t step = std::max<std::size_t>(1, count / limit);
  std::vector<double> out;
  for (std::size_t row = 0; row < count; row += step) {
    out.insert(out.end(), rows.begin() + static_cast<std::ptrdiff_t>(row * width),
               rows.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
  }
  return out;
}

}  // namespace

Split split_by_asset(std::vector<std::size_t> candidates, double share, std::uint64_t seed) {
  std::ranges::sort(candidates);
  std::mt19937_64 random(seed ^ 0x5A11'7000'0000'0001ULL);
  for (std::size_t k = candidates.size(); k > 1; --k) std::swap(candidates[k - 1], candidates[random() % k]);
  std::size_t kept_out = static_cast<std::size_t>(std::llround(share * static_cast<double>(candidates.size())));
  if (share > 0 && candidates.size() > 1) kept_out = std::clamp<std::size_t>(kept_out, 1, candidates.size() - 1);
  if (candidates.size() < 2) kept_out = 0;
  const auto middle = candidates.begin() + static_cast<std::ptrdiff_t>(kept_out);
  Split split{{middle, candidates.end()}, {candidates.begin(), middle}};
  std::ranges::sort(split.training);
  std::ranges::sort(split.validation);
  return split;
}

Dataset make_dataset(const History& history, const FeatureDefinition& definition, std::span<const std::size_t> assets,
                     const DatasetRequest& request) {
  std::vector<bool> wanted(history.assets.size(), false);
  for (const auto asset : assets) wanted[asset] = true;
  const auto shared = std::make_shared<const FeatureDefinition>(definition);
  Dataset dataset;
  dataset.table.features = definition.size();
  dataset.table.names = definition.names();
  std::vector<float> features(definition.size());
  for (const auto& life : history.lives) {
    if (!wanted[life.asset]) continue;
    AssetWindow window(shared);
    for (std::size_t k = life.begin; k < life.end; ++k) {
      window.push(history.row(k));
      if (!window.due()) continue;
      const double label = remaining_life(history, life, k, request.until);
      if (std::isnan(label) || (request.horizon > 0 && label >= request.horizon)) continue;
      window.compute(features);
      dataset.table.rows.insert(dataset.table.rows.end(), features.begin(), features.end());
      dataset.table.labels.push_back(static_cast<float>(request.cap > 0 ? std::min(label, request.cap) : label));
      dataset.labels_uncapped.push_back(static_cast<float>(label));
      dataset.asset.push_back(static_cast<std::uint32_t>(life.asset));
    }
  }
  return dataset;
}

std::vector<double> labelled_rows(const History& history, std::span<const std::size_t> assets, std::string_view until) {
  std::vector<bool> wanted(history.assets.size(), false);
  for (const auto asset : assets) wanted[asset] = true;
  std::vector<double> rows;
  for (const auto& life : history.lives) {
    if (!wanted[life.asset] || std::isnan(remaining_life(history, life, life.end - 1, until))) continue;
    const auto width = static_cast<std::ptrdiff_t>(history.layout.size());
    rows.insert(rows.end(), history.values.begin() + static_cast<std::ptrdiff_t>(life.begin) * width,
                history.values.begin() + static_cast<std::ptrdiff_t>(life.end) * width);
  }
  return rows;
}

Result<std::uint32_t> find_regimes(const FeatureDefinition& definition, std::span<const double> rows,
                                   std::uint64_t seed) {
  constexpr std::uint32_t most = 12;
  constexpr double enough = 10;
  constexpr double nothing = 1e-12;  // settings without any spread within their clusters
  const RowLayout& layout = definition.layout;
  if (layout.context == 0) return 1U;
  const std::vector<double> sample = thin(rows, layout.size(), 8000);
  double before = 0;
  double best_drop = enough;
  std::uint32_t best = 1;
  for (std::uint32_t k = 1; k <= most && k <= sample.size() / layout.size(); ++k) {
    FeatureDefinition fitted = definition;
    double now = 0;
    if (k == 1) {  // scaled to deviation 1, so the spread around the mean is the number of settings that vary at all
      TRY(fit_normalisation(fitted, sample, 2, false, seed));
      auto& fit = fitted.normalisation;
      fit.centers = {std::vector<double>(layout.context, 0)};
      now = spread(fit, layout, sample);
    } else {
      TRY(fit_normalisation(fitted, sample, k, false, seed));
      now = spread(fitted.normalisation, layout, sample);
    }
    if (k > 1 && before / std::max(now, nothing) > best_drop) {
      best_drop = before / std::max(now, nothing);
      best = k;
    }
    if (now <= nothing) break;
    before = now;
  }
  return best;
}

}  // namespace millrace
