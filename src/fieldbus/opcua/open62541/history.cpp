#include "fieldbus/opcua/open62541/history.hpp"

#include "fieldbus/opcua/open62541/convert.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace millrace::opcua {
namespace {

constexpr std::size_t page_limit = 10'000;  ///< values per node and response, whatever the client asks

}  // namespace

UA_DataValue to_data_value(ValueType type, double value, StatusCode status, TimeUs source_time_us) {
  UA_DataValue data;
  UA_DataValue_init(&data);
  if (!std::isnan(value)) {
    data.hasValue = true;
    switch (type) {
      case ValueType::float64:
        UA_Variant_setScalarCopy(&data.value, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
        break;
      case ValueType::int32: {
        const auto number = static_cast<UA_Int32>(std::lround(value));
        UA_Variant_setScalarCopy(&data.value, &number, &UA_TYPES[UA_TYPES_INT32]);
        break;
      }
      case ValueType::boolean: {
        const UA_Boolean flag = value != 0;
        UA_Variant_setScalarCopy(&data.value, &flag, &UA_TYPES[UA_TYPES_BOOLEAN]);
        break;
      }
    }
  }
  data.hasStatus = status != status::good;
  data.status = status;
  data.hasSourceTimestamp = true;
  data.sourceTimestamp = to_date_time(source_time_us);
  return data;
}

void History::add_variable(ValueType type, bool kept) {
  const std::lock_guard lock(mutex_);
  tracks_.push_back({.type = type, .kept = kept});
}

void History::append(std::span<const ServerValue> values) {
  const std::lock_guard lock(mutex_);
  for (const ServerValue& value : values) {
    Track& track = tracks_[value.variable];
    if (!track.kept) continue;
    track.points.push_back({value.source_time_us, value.value, value.status});
    if (track.points.size() > limit_) track.points.pop_front();
  }
}

std::optional<ServerValue> History::last(VariableIndex variable) const {
  const std::lock_guard lock(mutex_);
  const auto& points = tracks_[variable].points;
  if (points.empty()) return std::nullopt;
  return ServerValue{variable, points.back().status, points.back().time_us, points.back().value};
}

UA_HistoryDatabase History::plugin() {
  UA_HistoryDatabase plugin{};
  plugin.context = this;
  plugin.clear = [](UA_HistoryDatabase*) {};
  plugin.readRaw = read_raw;
  return plugin;
}

void History::read_raw(UA_Server* server, void* self, const UA_NodeId*, void*, const UA_RequestHeader*,
                       const UA_ReadRawModifiedDetails* details, UA_TimestampsToReturn, UA_Boolean release,
                       std::size_t count, const UA_HistoryReadValueId* nodes, UA_HistoryReadResponse* response,
                       UA_HistoryData* const* const data) {
  if (release) return;  // nothing is held
  auto& history = *static_cast<History*>(self);
  for (std::size_t k = 0; k < count; ++k) {
    const std::int64_t index = history.lookup_(server, nodes[k].nodeId);
    const std::lock_guard lock(history.mutex_);
    if (index < 0) {
      response->results[k].statusCode = UA_STATUSCODE_BADNODEIDUNKNOWN;
    } else if (const Track& track = history.tracks_[static_cast<std::size_t>(index)]; !track.kept) {
      response->results[k].statusCode = UA_STATUSCODE_BADHISTORYOPERATIONUNSUPPORTED;
    } else {
      history.read(track, *details, nodes[k].continuationPoint, response->results[k], *data[k]);
    }
  }
}

/// OPC 10000-11, 6.5.3: from start to end, or backwards when the end comes first; without a start the newest values
/// backwards from the end, without an end forwards from the start.
void History::read(const Track& track, const UA_ReadRawModifiedDetails& details, const UA_ByteString& continuation,
                   UA_HistoryReadResult& result, UA_HistoryData& data) const {
  TimeUs start_us = details.startTime == 0 ? std::numeric_limits<TimeUs>::max() : to_time_us(details.startTime);
  TimeUs end_us = details.endTime == 0 ? (details.startTime == 0 ? 0 : std::numeric_limits<TimeUs>::max())
                                       : to_time_us(details.endTime);
  if (continuation.length > 0) {
    const std::string_view text = view(continuation);
    if (std::from_chars(text.data(), text.data() + text.size(), start_us).ec != std::errc{}) {
      result.statusCode = UA_STATUSCODE_BADCONTINUATIONPOINTINVALID;
      return;
    }
  }
  const bool backwards = start_us > end_us;
  std::size_t limit = page_limit;
  if (details.numValuesPerNode != 0) limit = std::min<std::size_t>(limit, details.numValuesPerNode);
  const auto& points = track.points;
  std::vector<const Point*> chosen;
  const Point* next = nullptr;
  if (!backwards) {
    for (auto at = std::ranges::lower_bound(points, start_us, {}, &Point::time_us);
         at != points.end() && at->time_us <= end_us; ++at) {
      if (chosen.size() == limit) {
        next = &*at;
        break;
      }
      chosen.push_back(&*at);
    }
  } else {
    for (auto at = std::ranges::upper_bound(points, start_us, {}, &Point::time_us); at != points.begin();) {
      --at;
      if (at->time_us < end_us) break;
      if (chosen.size() == limit) {
        next = &*at;
        break;
      }
      chosen.push_back(&*at);
    }
  }
  data.dataValues = static_cast<UA_DataValue*>(UA_Array_new(chosen.size(), &UA_TYPES[UA_TYPES_DATAVALUE]));
  data.dataValuesSize = chosen.size();
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const Point& point = *chosen[k];
    data.dataValues[k] = to_data_value(track.type, point.value, point.status, point.time_us);
    data.dataValues[k].hasServerTimestamp = true;
    data.dataValues[k].serverTimestamp = data.dataValues[k].sourceTimestamp;
  }
  if (next != nullptr) result.continuationPoint = copy(std::to_string(next->time_us));
  if (chosen.empty()) result.statusCode = UA_STATUSCODE_GOODNODATA;
}

}  // namespace millrace::opcua
