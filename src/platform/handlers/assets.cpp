#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/intake.hpp"
#include "platform/request_fields.hpp"

#include <algorithm>
#include <map>

namespace millrace::handlers {
namespace {

using nlohmann::json;

Result<const LiveAsset*> asset_of(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, path_name(request, "asset", NameKind::asset));
  const auto* asset = services.live.find(name);
  if (asset == nullptr) return fail(ErrorCode::not_found, "no asset '" + name + "' has been seen");
  return asset;
}

Result<json> signals(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto* asset, asset_of(services, request));
  json list = json::array();
  for (const auto* signal : services.live.signals_of(*asset))
    list.push_back(json_signal(services.live, *signal, services.now_us()));
  return list;
}

/// The asset's signals: of a live one in the order of the use case file, of one that was only imported as they came.
Result<std::vector<const SignalRow*>> all_signals(Services& services, const std::string& asset) {
  std::vector<const SignalRow*> rows;
  if (const auto* live = services.live.find(asset); live != nullptr) {
    for (const auto* signal : services.live.signals_of(*live)) rows.push_back(&signal->row);
  } else {
    for (const auto& row : services.intake.signals().rows()) {
      if (row.asset == asset && row.signal_id != 0) rows.push_back(&row);
    }
  }
  if (rows.empty()) return fail(ErrorCode::not_found, "no asset '" + asset + "' has been seen");
  return rows;
}

/// Those that were asked for by name, all without names.
Result<std::vector<const SignalRow*>> chosen_signals(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto asset, path_name(request, "asset", NameKind::asset));
  TRY_ASSIGN(const auto all, all_signals(services, asset));
  TRY_ASSIGN(const auto names, query_text(request, "signals", 8192));
  if (!names) return all;
  std::vector<const SignalRow*> chosen;
  for (std::string_view rest = *names; !rest.empty();) {
    const auto name = rest.substr(0, rest.find(','));
    const auto found = std::find_if(all.begin(), all.end(), [&](const SignalRow* row) { return row->signal == name; });
    if (found == all.end()) {
      return fail(ErrorCode::not_found, asset + " has no signal '" + std::string(name.substr(0, 80)) + "'");
    }
    chosen.push_back(*found);
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
  }
  return chosen;
}

struct SampleRequest {
  std::string asset;
  std::vector<std::pair<std::string, std::string>> names;  ///< signal and unit, in the order of the ids
  queries::SampleRange range;
};

Result<SampleRequest> sample_request(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto chosen, chosen_signals(services, request));
  SampleRequest wanted;
  wanted.asset = request.parameters.at("asset");
  for (const auto* row : chosen) {
    wanted.names.emplace_back(row->signal, row->unit);
    wanted.range.signal_ids.push_back(row->signal_id);
  }
  TRY_ASSIGN(wanted.range.from_us, query_time(request, "from"));
  TRY_ASSIGN(wanted.range.to_us, query_time(request, "to"));
  TRY_ASSIGN(wanted.range.limit, query_integer(request, "limit", 1, 20'000, 2000));
  return wanted;
}

json columns_of(const SampleRequest& wanted, const QueryResult& result) {
  json signals = json::array();
  std::map<std::int64_t, std::size_t> place;
  for (std::size_t i = 0; i < wanted.names.size(); ++i) {
    place.emplace(wanted.range.signal_ids[i], i);
    signals.push_back({{"signal", wanted.names[i].first},
                       {"unit", wanted.names[i].second},
                       {"times", json::array()},
                       {"values", json::array()},
                       {"status", json::array()}});
  }
  for (const auto& row : result.rows) {
    auto& signal = signals[place.at(std::get<std::int64_t>(row[0]))];
    signal["times"].push_back(json_cell(row[1]));
    signal["values"].push_back(json_cell(row[2]));
    signal["status"].push_back(json_cell(row[3]));
  }
  return {{"asset", wanted.asset}, {"signals", signals}};
}

}  // namespace

void list_assets(Services& services, const http::Request&, const http::Reply& reply) {
  std::vector<const LiveAsset*> sorted;
  for (const auto& asset : services.live.assets()) sorted.push_back(&asset);
  std::sort(sorted.begin(), sorted.end(), [](const LiveAsset* left, const LiveAsset* right) {
    return std::tie(left->site, left->name) < std::tie(right->site, right->name);
  });
  json list = json::array();
  for (const auto* asset : sorted) list.push_back(json_asset(services.live, *asset, services.now_us()));
  answer(reply, list);
}

void list_signals(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, signals(services, request));
}

void get_samples(Services& services, const http::Request& request, const http::Reply& reply) {
  auto wanted = sample_request(services, request);
  if (!wanted) return reply(http::problem(wanted.error()));
  if (wanted->range.signal_ids.empty()) return answer(reply, columns_of(*wanted, {}));
  const auto limit = wanted->range.signal_ids.size() * static_cast<std::size_t>(wanted->range.limit);
  answer_query(
      services, reply, queries::samples(wanted->range),
      [wanted = *wanted](const QueryResult& result) -> Result<json> { return columns_of(wanted, result); }, limit);
}

}  // namespace millrace::handlers
