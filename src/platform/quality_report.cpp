#include "platform/quality_report.hpp"

#include "platform/queries/queries.hpp"
#include "usecase/quality_limits.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace millrace {
namespace {

using nlohmann::json;

/// Points, and how often each check failed among them.
struct Counts {
  std::int64_t points = 0;
  std::array<std::int64_t, quality_check_count> failed{};

  void add(std::string_view kind, std::int64_t n) {
    if (kind == queries::quality_points) points += n;
    if (const auto check = find_quality_check(kind)) failed[static_cast<std::size_t>(*check)] += n;
  }
  [[nodiscard]] std::int64_t of(QualityCheck check) const { return failed[static_cast<std::size_t>(check)]; }
  [[nodiscard]] bool is_clean() const {
    return std::all_of(failed.begin(), failed.end(), [](std::int64_t n) { return n == 0; });
  }
  [[nodiscard]] double missing_share() const {
    return points == 0 ? 0 : static_cast<double>(of(QualityCheck::missing)) / static_cast<double>(points);
  }
};

struct AssetCounts {
  Counts all;
  std::map<std::string, Counts> signals;

  /// Of the signal that lacks most: one that is silent must not hide among many that speak.
  [[nodiscard]] double missing_share() const {
    double worst = 0;
    for (const auto& [name, counts] : signals) worst = std::max(worst, counts.missing_share());
    return worst;
  }
};

json json_counts(const Counts& counts) {
  json failed = json::object();
  for (const auto& kind : quality_kinds()) failed[kind.name] = counts.of(kind.check);
  return {{"points", counts.points}, {"counts", failed}};
}

/// A share may be missing; every other check holds when it found nothing.
bool keeps(const UseCase& use_case, QualityCheck check, const AssetCounts& asset) {
  return check == QualityCheck::missing ? asset.missing_share() <= use_case.quality.missing : asset.all.of(check) == 0;
}

using Assets = std::map<std::pair<std::string, std::string>, AssetCounts>;

json json_policy(const UseCase& use_case, const Counts& total, const Assets& assets) {
  json policy = json::array();
  for (const auto& kind : quality_kinds()) {
    const auto limit = quality_policy(use_case, kind.check);
    double worst = 0;
    bool kept = true;
    for (const auto& [name, asset] : assets) {
      worst = std::max(worst, asset.missing_share());
      kept = kept && keeps(use_case, kind.check, asset);
    }
    policy.push_back({{"kind", kind.name},
                      {"meaning", kind.meaning},
                      {"remedy", kind.remedy},
                      {"counted_in", kind.is_per_sample ? "samples" : "times"},
                      {"limit", limit ? json(*limit) : json()},
                      {"count", total.of(kind.check)},
                      {"worst_share", kind.check == QualityCheck::missing ? json(worst) : json()},
                      {"kept", limit ? json(kept) : json()}});
  }
  return policy;
}

json json_asset(const UseCase& use_case, const std::pair<std::string, std::string>& name, const AssetCounts& asset) {
  auto described = json_counts(asset.all);
  described["site"] = name.first;
  described["asset"] = name.second;
  described["broken"] = json::array();
  for (const auto& kind : quality_kinds()) {
    if (quality_policy(use_case, kind.check) && !keeps(use_case, kind.check, asset))
      described["broken"].push_back(kind.name);
  }
  described["signals"] = json::array();
  for (const auto& [signal, counts] : asset.signals) {
    if (counts.is_clean()) continue;
    auto found = json_counts(counts);
    found["signal"] = signal;
    described["signals"].push_back(std::move(found));
  }
  return described;
}

}  // namespace

json quality_report(const UseCase& use_case, const QueryResult& found) {
  Assets assets;
  std::map<std::string, Counts> days;
  Counts total;
  for (std::size_t row = 0; row < found.rows.size(); ++row) {
    const auto kind = found.text(row, 4);
    const auto n = static_cast<std::int64_t>(found.number(row, 5));
    auto& asset = assets[{found.text(row, 1), found.text(row, 2)}];
    for (auto* counts : {&total, &asset.all, &asset.signals[found.text(row, 3)], &days[found.text(row, 0)]})
      counts->add(kind, n);
  }
  json report{{"use_case", use_case.name},
              {"policy", json_policy(use_case, total, assets)},
              {"assets", json::array()},
              {"days", json::array()}};
  for (const auto& [name, asset] : assets) report["assets"].push_back(json_asset(use_case, name, asset));
  for (const auto& [day, counts] : days) {
    report["days"].push_back(json_counts(counts));
    report["days"].back()["day"] = day;
  }
  return report;
}

}  // namespace millrace
