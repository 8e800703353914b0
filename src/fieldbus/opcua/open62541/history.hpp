#pragma once

#include "fieldbus/opcua/server.hpp"

#include <open62541/plugin/historydatabase.h>
#include <open62541/types.h>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace millrace::opcua {

/// Raw history in memory, a bounded deque per variable, read through the library's history plug-in. Continuation points
/// hold the time of the next value, so they cost the server nothing and never run out.
class History {
 public:
  explicit History(std::size_t limit) : limit_(limit) {}
  /// In order of VariableIndex. A variable without history refuses reads.
  void add_variable(ValueType type, bool kept);
  void append(std::span<const ServerValue> values);
  [[nodiscard]] std::optional<ServerValue> last(VariableIndex variable) const;
  UA_HistoryDatabase plugin();
  /// How the plug-in finds a variable: set by the server. Negative: not ours.
  using Lookup = std::int64_t (*)(UA_Server*, const UA_NodeId&);
  void set_lookup(Lookup lookup) { lookup_ = lookup; }

 private:
  struct Point {
    TimeUs time_us = 0;
    double value = 0;
    StatusCode status = 0;
  };
  struct Track {
    ValueType type = ValueType::float64;
    bool kept = true;
    std::deque<Point> points;
  };
  static void read_raw(UA_Server* server, void* self, const UA_NodeId* session, void* session_context,
                       const UA_RequestHeader* header, const UA_ReadRawModifiedDetails* details,
                       UA_TimestampsToReturn stamps, UA_Boolean release, std::size_t count,
                       const UA_HistoryReadValueId* nodes, UA_HistoryReadResponse* response,
                       UA_HistoryData* const* const data);
  void read(const Track& track, const UA_ReadRawModifiedDetails& details, const UA_ByteString& continuation,
            UA_HistoryReadResult& result, UA_HistoryData& data) const;

  const std::size_t limit_;
  Lookup lookup_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<Track> tracks_;
};

/// Fills a library value: NaN becomes null. The caller clears it.
UA_DataValue to_data_value(ValueType type, double value, StatusCode status, TimeUs source_time_us);

}  // namespace millrace::opcua
