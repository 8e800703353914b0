#include "training/lake/lake_source.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace millrace {
namespace {

using AssetKey = std::pair<std::string, std::string>;  ///< site, asset

class LakeSource final : public DataSource {
 public:
  LakeSource(Lake& lake, LakeSelection selection) : lake_(lake), selection_(std::move(selection)) {}

  Result<void> read(std::span<const std::string> signals, HistorySink& sink) override {
    TRY(choose_signals(signals));
    TRY_ASSIGN(const auto ends, read_work_orders());
    static const std::vector<LifeEnd> none;
    std::optional<std::size_t> current;
    std::vector<TrainingPoint> points;
    ScanRequest request{.snapshot = selection_.snapshot, .from_us = selection_.from_us, .to_us = selection_.to_us};
    for (const auto& [id, place] : places_) request.signal_ids.push_back(id);
    std::ranges::sort(request.signal_ids);
    if (request.signal_ids.empty()) return {};  // an empty list would mean every signal
    const auto hand_over = [&]() -> Result<void> {
      if (!points.empty()) TRY(sink.points(points));
      points.clear();
      return {};
    };
    const auto take = [&](const ScanBlock& block) -> Result<void> {
      for (std::size_t k = 0; k < block.signal_id.size(); ++k) {
        const auto found = places_.find(block.signal_id[k]);
        if (found == places_.end()) continue;
        if (current != found->second.asset) {
          TRY(hand_over());
          if (current) TRY(sink.end_asset());
          current = found->second.asset;
          const AssetKey& key = assets_[*current];
          const auto end = ends.find(key);
          TRY(sink.begin_asset(key.first, key.second, end == ends.end() ? none : end->second));
        }
        points.push_back({found->second.column, block.status[k], block.source_time_us[k], block.value[k]});
      }
      return hand_over();
    };
    TRY(lake_.scan(request, take));
    if (current) TRY(sink.end_asset());
    return {};
  }

  [[nodiscard]] DataIdentity identity() const override {
    std::string where = selection_.site == "*" ? "" : fmt::format(" AND site = '{}'", selection_.site);
    if (!selection_.assets.empty()) where += fmt::format(" AND asset IN ('{}')", fmt::join(selection_.assets, "', '"));
    if (selection_.from_us > 0) where += fmt::format(" AND source_time >= '{}'", format_time(selection_.from_us));
    if (selection_.to_us > 0) where += fmt::format(" AND source_time < '{}'", format_time(selection_.to_us));
    return {
        "lake", fmt::format("{}", selection_.snapshot),
        fmt::format(
            "SELECT site, asset, signal, source_time, value, status FROM samples AT (VERSION => {}) JOIN signals USING "
            "(signal_id) WHERE signal IN ('{}'){} ORDER BY site, asset, source_time, signal",
            selection_.snapshot, fmt::join(signals_, "', '"), where)};
  }

 private:
  struct Place {
    std::size_t asset;
    std::uint32_t column;
  };

  Result<void> choose_signals(std::span<const std::string> signals) {
    signals_.assign(signals.begin(), signals.end());
    places_.clear();
    assets_.clear();
    TRY_ASSIGN(const std::vector<SignalRow> known, lake_.signals());
    std::map<AssetKey, std::size_t> asset_index;
    for (const auto& row : known) {
      if (selection_.site != "*" && row.site != selection_.site) continue;
      if (!selection_.assets.empty() && std::ranges::find(selection_.assets, row.asset) == selection_.assets.end())
        continue;
      const auto column = std::ranges::find(signals_, row.signal);
      if (column == signals_.end()) continue;
      const auto [asset, is_new] = asset_index.try_emplace({row.site, row.asset}, assets_.size());
      if (is_new) assets_.push_back(asset->first);
      places_[row.signal_id] = {asset->second, static_cast<std::uint32_t>(column - signals_.begin())};
    }
    return {};
  }

  Result<std::map<AssetKey, std::vector<LifeEnd>>> read_work_orders() {
    QueryOptions options;
    options.row_limit = 10'000'000;
    TRY_ASSIGN(
        const QueryResult result,
        lake_.query(
            fmt::format("SELECT site, asset, epoch_us(time) AS time_us, kind, clock, remaining_life FROM work_orders "
                        "AT (VERSION => {}) ORDER BY site, asset, time",
                        selection_.snapshot),
            options));
    std::map<AssetKey, std::vector<LifeEnd>> ends;
    for (std::size_t row = 0; row < result.rows.size(); ++row) {
      ends[{result.text(row, 0), result.text(row, 1)}].push_back({std::get<std::int64_t>(result.rows[row].at(2)),
                                                                  result.text(row, 3), result.number(row, 4),
                                                                  result.number(row, 5)});
    }
    return ends;
  }

  Lake& lake_;
  LakeSelection selection_;
  std::vector<std::string> signals_;
  std::vector<AssetKey> assets_;
  std::unordered_map<std::int32_t, Place> places_;
};

}  // namespace

Result<std::unique_ptr<DataSource>> make_lake_source(Lake& lake, const LakeSelection& selection) {
  LakeSelection pinned = selection;
  if (pinned.snapshot == latest_snapshot) {
    TRY_ASSIGN(pinned.snapshot, lake.snapshot());
  }
  return std::make_unique<LakeSource>(lake, std::move(pinned));
}

}  // namespace millrace
