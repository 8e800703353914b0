#include "ingest/signal_table.hpp"

namespace millrace {

void SignalTable::load(const std::vector<SignalRow>& rows) {
  for (const auto& row : rows) {
    if (row.signal_id < 1) continue;
    const auto id = static_cast<std::size_t>(row.signal_id);
    if (rows_.size() <= id) rows_.resize(id + 1);
    rows_[id] = row;
    ids_.emplace(Key(row.site, row.asset, row.signal), row.signal_id);
  }
}

SignalTable::Assigned SignalTable::assign(std::string_view site, std::string_view asset, std::string_view signal) {
  if (const auto known = find(site, asset, signal)) return {*known, false};
  const auto id = static_cast<std::int32_t>(rows_.size());
  rows_.push_back({id, std::string(site), std::string(asset), std::string(signal), {}, {}});
  ids_.emplace(Key(site, asset, signal), id);
  return {id, true};
}

std::optional<std::int32_t> SignalTable::find(std::string_view site, std::string_view asset,
                                              std::string_view signal) const {
  const auto found = ids_.find(KeyView(site, asset, signal));
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const SignalRow& SignalTable::row(std::int32_t id) const {
  return rows_[id > 0 && id <= last_id() ? static_cast<std::size_t>(id) : 0];
}

SignalRow& SignalTable::row(std::int32_t id) {
  return rows_[id > 0 && id <= last_id() ? static_cast<std::size_t>(id) : 0];
}

}  // namespace millrace
