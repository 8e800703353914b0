#include "features/definition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace {
namespace {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same draws on every platform, unlike std distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  double uniform() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
};

struct Moments {
  double mean = 0, deviation = 0;
};

/// Population moments of the finite values that `value(i)` gives, in two passes.
template <typename Value>
Moments moments(std::size_t count, Value&& value) {
  double sum = 0, squares = 0;
  std::size_t n = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (const double v = value(i); std::isfinite(v)) sum += v, ++n;
  }
  if (n == 0) return {};
  const double mean = sum / static_cast<double>(n);
  for (std::size_t i = 0; i < count; ++i) {
    if (const double v = value(i); std::isfinite(v)) squares += (v - mean) * (v - mean);
  }
  return {mean, std::sqrt(squares / static_cast<double>(n))};
}

bool is_constant(const Moments& m) { return m.deviation <= 1e-9 * std::max(1.0, std::abs(m.mean)); }

struct Points {
  std::size_t count = 0, width = 0;
  std::vector<double> values;
  [[nodiscard]] const double* row(std::size_t i) const { return values.data() + i * width; }
};

double squared_distance(const double* a, const double* b, std::size_t width) {
  double sum = 0;
  for (std::size_t i = 0; i < width; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

using Centers = std::vector<std::vector<double>>;

/// Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.
Centers seed_centers(const Points& points, std::size_t k, Random& random) {
  const auto copy = [&](std::size_t i) { return std::vector<double>(points.row(i), points.row(i) + points.width); };
  Centers centers{copy(static_cast<std::size_t>(random.uniform() * static_cast<double>(points.count)))};
  std::vector<double> nearest(points.count, std::numeric_limits<double>::infinity());
  while (centers.size() < k) {
    double total = 0;
    for (std::size_t i = 0; i < points.count; ++i) {
      nearest[i] = std::min(nearest[i], squared_distance(points.row(i), centers.back().data(), points.width));
      total += nearest[i];
    }
    double draw = random.uniform() * total;
    std::size_t chosen = 0;
    while (chosen + 1 < points.count && (draw -= nearest[chosen]) >= 0) ++chosen;
    centers.push_back(copy(chosen));
  }
  return centers;
}

/// Lloyd's iterations; returns the sum of squared distances.
double refine(const Points& points, Centers& centers) {
  double inertia = std::numeric_limits<double>::infinity();
  std::vector<double> sums;
  std::vector<std::size_t> counts;
  for (int iteration = 0; iteration < 100; ++iteration) {
    sums.assign(centers.size() * points.width, 0);
    counts.assign(centers.size(), 0);
    double total = 0;
    for (std::size_t i = 0; i < points.count; ++i) {
      std::size_t best = 0;
      double best_distance = std::numeric_limits<double>::infinity();
      for (std::size_t c = 0; c < centers.size(); ++c) {
        const double distance = squared_distance(points.row(i), centers[c].data(), points.width);
        if (distance < best_distance) best_distance = distance, best = c;
      }
      total += best_distance;
      ++counts[best];
      for (std::size_t j = 0; j < points.width; ++j) sums[best * points.width + j] += points.row(i)[j];
    }
    for (std::size_t c = 0; c < centers.size(); ++c) {
      if (counts[c] == 0) continue;
      for (std::size_t j = 0; j < points.width; ++j) {
        centers[c][j] = sums[c * points.width + j] / static_cast<double>(counts[c]);
      }
    }
    if (total >= inertia * (1 - 1e-9)) return total;
    inertia = total;
  }
  return inertia;
}

Centers cluster(const Points& points, std::size_t k, Random& random) {
  Centers best;
  double best_inertia = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < 8; ++attempt) {
    Centers centers = seed_centers(points, k, random);
    const double inertia = refine(points, centers);
    if (inertia < best_inertia) best_inertia = inertia, best = std::move(centers);
  }
  std::sort(best.begin(), best.end());  // an order that does not depend on the draws
  return best;
}

/// The rows' context settings, scaled; rows with a missing setting are left out.
Points scaled_context(RegimeNormalisation& fit, const RowLayout& layout, std::span<const double> rows) {
  const std::size_t width = layout.size(), count = rows.size() / width;
  for (std::size_t i = 0; i < layout.context; ++i) {
    const Moments m = moments(count, [&](std::size_t r) { return rows[r * width + layout.measured + i]; });
    fit.context_mean.push_back(m.mean);
    fit.context_scale.push_back(is_constant(m) ? 1 : m.deviation);
  }
  Points points{.width = layout.context};
  for (std::size_t r = 0; r < count; ++r) {
    const std::span<const double> context = rows.subspan(r * width + layout.measured, layout.context);
    if (std::any_of(context.begin(), context.end(), [](double v) { return !std::isfinite(v); })) continue;
    for (std::size_t i = 0; i < layout.context; ++i) {
      points.values.push_back((context[i] - fit.context_mean[i]) / fit.context_scale[i]);
    }
    ++points.count;
  }
  return points;
}

}  // namespace

Result<void> fit_normalisation(FeatureDefinition& definition, std::span<const double> rows, std::uint32_t regimes,
                               bool drop_constant, std::uint64_t seed) {
  const RowLayout& layout = definition.layout;
  const std::size_t width = layout.size(), count = rows.size() / width;
  regimes = std::max(1u, regimes);
  if (count < regimes) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} rows are too few for {} operating regimes", count, regimes));
  }
  RegimeNormalisation fit;
  if (regimes > 1) {
    if (layout.context == 0) {
      return fail(ErrorCode::invalid_argument, "operating regimes need features.regimes.context: name the settings");
    }
    const Points points = scaled_context(fit, layout, rows);
    if (points.count < regimes) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("only {} rows have all context settings: too few for {} regimes", points.count, regimes));
    }
    Random random(seed);
    fit.centers = cluster(points, regimes, random);
  }
  std::vector<std::size_t> regime_of(count, 0);
  for (std::size_t r = 0; r < count; ++r) {
    regime_of[r] = fit.regime_of(rows.subspan(r * width + layout.measured, layout.context));
  }
  fit.mean.assign(regimes, std::vector<double>(layout.measured));
  fit.scale.assign(regimes, std::vector<double>(layout.measured, 1));
  std::vector<std::size_t> used;
  for (std::size_t column = 0; column < layout.measured; ++column) {
    bool varies = false;
    for (std::size_t regime = 0; regime < regimes; ++regime) {
      const Moments m = moments(count, [&](std::size_t r) {
        return regime_of[r] == regime ? rows[r * width + column] : std::numeric_limits<double>::quiet_NaN();
      });
      fit.mean[regime][column] = m.mean;
      if (is_constant(m)) continue;
      fit.scale[regime][column] = m.deviation;
      varies = true;
    }
    if (varies || !drop_constant) used.push_back(column);
  }
  if (used.empty())
    return fail(ErrorCode::invalid_argument, "every measured signal is constant: nothing to learn from");
  definition.used = std::move(used);
  definition.normalisation = std::move(fit);
  return {};
}

}  // namespace millrace
