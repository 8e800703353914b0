#include "fieldbus/opcua/open62541/session.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace millrace::opcua {
namespace {

/// Statuses after which asking again cannot help: the server keeps no history of the node, or not for us.
bool refuses(UA_StatusCode status) {
  switch (status) {
    case UA_STATUSCODE_BADHISTORYOPERATIONUNSUPPORTED:
    case UA_STATUSCODE_BADHISTORYOPERATIONINVALID:
    case UA_STATUSCODE_BADNOTSUPPORTED:
    case UA_STATUSCODE_BADSERVICEUNSUPPORTED:
    case UA_STATUSCODE_BADUSERACCESSDENIED:
    case UA_STATUSCODE_BADNOTREADABLE:
    case UA_STATUSCODE_BADNODEIDUNKNOWN:
    case UA_STATUSCODE_BADNODEIDINVALID:
    case UA_STATUSCODE_BADNOTIMPLEMENTED:
      return true;
    default:
      return false;
  }
}

}  // namespace

Result<void> Session::read_history(Flow& flow, std::span<const BackfillMerge::Want> wants, std::uint32_t page_size) {
  for (std::size_t first = 0; first < wants.size();) {
    const auto block = wants.subspan(first, std::min(history_nodes_, wants.size() - first));
    const std::size_t nodes_before = history_nodes_;
    TRY(read_history_request(flow, block, page_size));
    if (history_nodes_ == nodes_before) first += block.size();
  }
  return {};
}

/// ReadRawModifiedDetails (OPC 10000-11, 6.5.3): values after the mark, forwards, both time stamps.
Result<void> Session::read_history_request(Flow& flow, std::span<const BackfillMerge::Want> wants,
                                           std::uint32_t page_size) {
  UA_ReadRawModifiedDetails details;
  UA_ReadRawModifiedDetails_init(&details);
  TimeUs after_us = wants.front().after_us;  // one start for the request: the earliest; what is known is dropped again
  for (const auto& want : wants) after_us = std::min(after_us, want.after_us);
  details.startTime = to_date_time(after_us + 1);
  details.endTime = to_date_time(clock_.now_us() + 3'600'000'000);  // the server's clock may be ahead of ours
  details.numValuesPerNode = page_size;
  std::vector<UA_HistoryReadValueId> nodes;
  std::vector<const BackfillMerge::Want*> asked;
  for (const auto& want : wants) {
    const auto id = node_id(names_[want.slot]);
    if (!id) {
      flow.no_history(want.slot);
      continue;
    }
    UA_HistoryReadValueId& node = nodes.emplace_back();
    UA_HistoryReadValueId_init(&node);
    node.nodeId = *id;
    if (!want.continuation.empty())
      node.continuationPoint = borrow(want.continuation);  // empty is not the same as none
    asked.push_back(&want);
  }
  if (nodes.empty()) return {};
  UA_HistoryReadRequest request;
  UA_HistoryReadRequest_init(&request);
  UA_ExtensionObject_setValueNoDelete(&request.historyReadDetails, &details,
                                      &UA_TYPES[UA_TYPES_READRAWMODIFIEDDETAILS]);
  request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
  request.nodesToRead = nodes.data();
  request.nodesToReadSize = nodes.size();
  Owned<UA_HistoryReadResponse> response(UA_TYPES[UA_TYPES_HISTORYREADRESPONSE]);
  call(request, UA_TYPES[UA_TYPES_HISTORYREADREQUEST], response, UA_TYPES[UA_TYPES_HISTORYREADRESPONSE]);
  const UA_StatusCode status = response->responseHeader.serviceResult;
  if (failure_) return fail(*failure_);
  if (refuses(status)) {
    for (const auto* want : asked) flow.no_history(want->slot);
    return {};
  }
  const bool too_many = status == UA_STATUSCODE_BADTOOMANYOPERATIONS || status == UA_STATUSCODE_BADREQUESTTOOLARGE ||
                        status == UA_STATUSCODE_BADRESPONSETOOLARGE ||
                        status == UA_STATUSCODE_BADENCODINGLIMITSEXCEEDED;
  if (too_many && history_nodes_ > 1) {
    history_nodes_ = std::max<std::size_t>(1, history_nodes_ / 4);
    return {};
  }
  if (status != UA_STATUSCODE_GOOD) return fail(lost("reading history", status));
  if (response->resultsSize != asked.size()) return fail(lost("reading history", UA_STATUSCODE_BADUNKNOWNRESPONSE));

  const TimeUs now_us = clock_.now_us();
  std::vector<Sample> samples;
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const UA_HistoryReadResult& result = response->results[k];
    const Slot slot = asked[k]->slot;
    if (refuses(result.statusCode)) {
      flow.no_history(slot);
      continue;
    }
    if ((result.statusCode >> 30) >= 2) {
      // BadNoContinuationPoints and the like: the same page again, on its own; other failures end the slot's history.
      if (result.statusCode == UA_STATUSCODE_BADNOCONTINUATIONPOINTS && history_nodes_ > 1) {
        history_nodes_ = std::max<std::size_t>(1, history_nodes_ / 4);
      } else if (result.statusCode == UA_STATUSCODE_BADCONTINUATIONPOINTINVALID && !asked[k]->continuation.empty()) {
        flow.page(slot, {}, true);  // again by time
      } else {
        sink_.on_notice(fmt::format("history of {}: {}", to_string(names_[slot]), status_text(result.statusCode)));
        flow.no_history(slot);
      }
      continue;
    }
    samples.clear();
    if (result.historyData.encoding == UA_EXTENSIONOBJECT_DECODED &&
        result.historyData.content.decoded.type == &UA_TYPES[UA_TYPES_HISTORYDATA]) {
      const auto& data = *static_cast<const UA_HistoryData*>(result.historyData.content.decoded.data);
      for (const UA_DataValue& value : std::span(data.dataValues, data.dataValuesSize)) {
        if ((value.status & 0xFFFF0000u) == UA_STATUSCODE_BADBOUNDNOTFOUND || !value.hasSourceTimestamp) continue;
        if (const auto sample = to_sample(slot, value, now_us)) samples.push_back(*sample);
      }
    }
    // A full page without a continuation point: some servers cut silently, so the next page is asked by time.
    const bool more = result.continuationPoint.length > 0 || samples.size() >= page_size;
    flow.page(slot, samples, more, std::string(view(result.continuationPoint)));
  }
  return {};
}

}  // namespace millrace::opcua
