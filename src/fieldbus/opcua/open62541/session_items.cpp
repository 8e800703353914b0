#include "fieldbus/opcua/open62541/session.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace millrace::opcua {
namespace {

/// The only data types a decision's display tag may have.
Result<void> set_number(UA_Variant& variant, const UA_DataType* type, double value) {
  if (type == nullptr) type = &UA_TYPES[UA_TYPES_DOUBLE];
  const auto set = [&]<typename T>(T number) {
    UA_Variant_setScalarCopy(&variant, &number, type);
    return Result<void>{};
  };
  switch (type->typeKind) {
    case UA_DATATYPEKIND_DOUBLE:
      return set(value);
    case UA_DATATYPEKIND_FLOAT:
      return set(static_cast<UA_Float>(value));
    case UA_DATATYPEKIND_BOOLEAN:
      return set(value != 0);
    case UA_DATATYPEKIND_SBYTE:
      return set(static_cast<UA_SByte>(std::lround(value)));
    case UA_DATATYPEKIND_BYTE:
      return set(static_cast<UA_Byte>(std::lround(value)));
    case UA_DATATYPEKIND_INT16:
      return set(static_cast<UA_Int16>(std::lround(value)));
    case UA_DATATYPEKIND_UINT16:
      return set(static_cast<UA_UInt16>(std::lround(value)));
    case UA_DATATYPEKIND_INT32:
      return set(static_cast<UA_Int32>(std::lround(value)));
    case UA_DATATYPEKIND_UINT32:
      return set(static_cast<UA_UInt32>(std::lround(value)));
    case UA_DATATYPEKIND_INT64:
      return set(static_cast<UA_Int64>(std::llround(value)));
    case UA_DATATYPEKIND_UINT64:
      return set(static_cast<UA_UInt64>(std::llround(value)));
    default:
      return fail(ErrorCode::invalid_argument, "the node's data type is not a number");
  }
}

}  // namespace

Result<void> Session::read_namespaces() {
  UA_Variant value;
  UA_Variant_init(&value);
  const UA_StatusCode status =
      UA_Client_readValueAttribute(client_, UA_NODEID_NUMERIC(0, UA_NS0ID_SERVER_NAMESPACEARRAY), &value);
  const Owned<UA_Variant> owned(value, UA_TYPES[UA_TYPES_VARIANT]);
  if (status != UA_STATUSCODE_GOOD) return fail(lost("reading the NamespaceArray", status));
  if (!UA_Variant_hasArrayType(&value, &UA_TYPES[UA_TYPES_STRING])) {
    return fail(ErrorCode::corrupt,
                fmt::format("the server at {} has no readable NamespaceArray", options_.endpoint_url));
  }
  namespaces_.clear();
  for (const UA_String& uri : std::span(static_cast<UA_String*>(value.data), value.arrayLength))
    namespaces_.emplace_back(view(uri));
  return {};
}

Result<UA_NodeId> Session::node_id(const NodeName& name) {
  TRY_ASSIGN(const std::uint16_t remote, find_namespace(namespaces_, name.namespace_uri));
  UA_UInt16 index = remote;  // the library translates its own indices to the server's; ask it for its own
  if (remote != 0) UA_Client_getNamespaceIndex(client_, borrow(name.namespace_uri), &index);
  return to_node_id(name, index);
}

Result<void> Session::create_subscription() {
  UA_CreateSubscriptionRequest request;
  UA_CreateSubscriptionRequest_init(&request);
  const double interval_ms = static_cast<double>(options_.publishing_interval_us) / 1000;
  request.requestedPublishingInterval = interval_ms;
  request.requestedMaxKeepAliveCount = static_cast<UA_UInt32>(
      std::max(1.0, std::round(static_cast<double>(options_.keep_alive_us) / 1000 / interval_ms)));
  request.requestedLifetimeCount = std::max<UA_UInt32>(request.requestedMaxKeepAliveCount * 10, 600);
  request.maxNotificationsPerPublish = 20'000;
  request.publishingEnabled = true;
  Owned<UA_CreateSubscriptionResponse> response(UA_TYPES[UA_TYPES_CREATESUBSCRIPTIONRESPONSE]);
  call(request, UA_TYPES[UA_TYPES_CREATESUBSCRIPTIONREQUEST], response, UA_TYPES[UA_TYPES_CREATESUBSCRIPTIONRESPONSE]);
  const UA_StatusCode status = response->responseHeader.serviceResult;
  if (status != UA_STATUSCODE_GOOD) return fail(lost("creating the subscription", status));
  subscription_ = response->subscriptionId;
  sequence_ = 0;
  revised_publishing_us_ = response->revisedPublishingInterval * 1000;
  silence_limit_us_ = static_cast<std::int64_t>(revised_publishing_us_ * response->revisedMaxKeepAliveCount) +
                      options_.keep_alive_margin_us;
  heard_us_ = clock_.monotonic_us();
  if (response->revisedPublishingInterval > interval_ms * 1.01) {
    sink_.on_notice(fmt::format("the server publishes every {} ms, {} ms were asked",
                                response->revisedPublishingInterval, interval_ms));
  }
  return {};
}

Result<std::vector<Session::Problem>> Session::monitor(std::span<const Slot> slots) {
  TRY(read_namespaces());
  std::vector<Problem> problems;
  const double asked_us = slowest_sampling_us_;
  for (std::size_t first = 0; first < slots.size();) {
    const auto block = slots.subspan(first, std::min(block_size_, slots.size() - first));
    const std::size_t size_before = block_size_;
    TRY(monitor_block(block, problems));
    if (block_size_ == size_before) first += block.size();  // else the server wants smaller blocks: the same again
  }
  if (slowest_sampling_us_ > asked_us && slowest_sampling_us_ > static_cast<double>(options_.sampling_interval_us)) {
    sink_.on_notice(fmt::format("the server samples some items every {} ms only, {} ms were asked",
                                slowest_sampling_us_ / 1000,
                                static_cast<double>(options_.sampling_interval_us) / 1000));
  }
  return problems;
}

Result<void> Session::monitor_block(std::span<const Slot> slots, std::vector<Problem>& problems) {
  UA_DataChangeFilter filter;
  UA_DataChangeFilter_init(&filter);
  filter.trigger = UA_DATACHANGETRIGGER_STATUSVALUETIMESTAMP;  // an unchanged value with a new time is a reading
  std::vector<UA_MonitoredItemCreateRequest> items;
  std::vector<Slot> asked;
  for (const Slot slot : slots) {
    const auto id = node_id(names_[slot]);
    if (!id) {
      problems.push_back({slot, id.error().message});
      continue;
    }
    UA_MonitoredItemCreateRequest& item = items.emplace_back();
    UA_MonitoredItemCreateRequest_init(&item);
    item.itemToMonitor.nodeId = *id;
    item.itemToMonitor.attributeId = UA_ATTRIBUTEID_VALUE;
    item.monitoringMode = UA_MONITORINGMODE_REPORTING;
    item.requestedParameters.clientHandle = slot;
    item.requestedParameters.samplingInterval = static_cast<double>(options_.sampling_interval_us) / 1000;
    item.requestedParameters.queueSize = options_.queue_size;
    item.requestedParameters.discardOldest = true;
    UA_ExtensionObject_setValueNoDelete(&item.requestedParameters.filter, &filter,
                                        &UA_TYPES[UA_TYPES_DATACHANGEFILTER]);
    asked.push_back(slot);
  }
  if (items.empty()) return {};
  UA_CreateMonitoredItemsRequest request;
  UA_CreateMonitoredItemsRequest_init(&request);
  request.subscriptionId = subscription_;
  request.timestampsToReturn = UA_TIMESTAMPSTORETURN_BOTH;
  request.itemsToCreate = items.data();
  request.itemsToCreateSize = items.size();
  Owned<UA_CreateMonitoredItemsResponse> response(UA_TYPES[UA_TYPES_CREATEMONITOREDITEMSRESPONSE]);
  call(request, UA_TYPES[UA_TYPES_CREATEMONITOREDITEMSREQUEST], response,
       UA_TYPES[UA_TYPES_CREATEMONITOREDITEMSRESPONSE]);
  const UA_StatusCode status = response->responseHeader.serviceResult;
  const bool too_many = status == UA_STATUSCODE_BADTOOMANYOPERATIONS || status == UA_STATUSCODE_BADREQUESTTOOLARGE;
  if (too_many && block_size_ > 1) {
    block_size_ = std::max<std::size_t>(1, block_size_ / 2);
    std::erase_if(problems,
                  [&](const Problem& problem) { return std::ranges::find(slots, problem.slot) != slots.end(); });
    return {};
  }
  if (status != UA_STATUSCODE_GOOD) return fail(lost("creating monitored items", status));
  if (response->resultsSize != asked.size())
    return fail(lost("creating monitored items", UA_STATUSCODE_BADUNKNOWNRESPONSE));
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const UA_MonitoredItemCreateResult& result = response->results[k];
    if (result.statusCode != UA_STATUSCODE_GOOD) {
      problems.push_back({asked[k], fmt::format("the server answers {}", status_text(result.statusCode))});
    } else {
      slowest_sampling_us_ = std::max(slowest_sampling_us_, result.revisedSamplingInterval * 1000);
    }
  }
  return {};
}

Result<double> Session::write(const NodeName& name, double value) {
  if (namespaces_.empty()) TRY(read_namespaces());
  TRY_ASSIGN(const UA_NodeId id, node_id(name));
  UA_Variant now;
  UA_Variant_init(&now);
  UA_StatusCode status = UA_Client_readValueAttribute(client_, id, &now);
  Owned<UA_Variant> current(now, UA_TYPES[UA_TYPES_VARIANT]);
  if (status != UA_STATUSCODE_GOOD && now.type == nullptr) {  // no value yet: its declared type tells
    UA_NodeId type;
    UA_NodeId_init(&type);
    status = UA_Client_readDataTypeAttribute(client_, id, &type);
    if (status != UA_STATUSCODE_GOOD) {
      return fail(ErrorCode::not_found, fmt::format("writing {}: {}", to_string(name), status_text(status)));
    }
    now.type = UA_findDataType(&type);
    UA_NodeId_clear(&type);
  }
  UA_Variant variant;
  UA_Variant_init(&variant);
  TRY(set_number(variant, now.type, value));
  const Owned<UA_Variant> owned(variant, UA_TYPES[UA_TYPES_VARIANT]);
  status = UA_Client_writeValueAttribute(client_, id, &variant);
  if (status == UA_STATUSCODE_GOOD) {
    UA_Variant after;
    UA_Variant_init(&after);
    status = UA_Client_readValueAttribute(client_, id, &after);
    const Owned<UA_Variant> shown(after, UA_TYPES[UA_TYPES_VARIANT]);
    if (status == UA_STATUSCODE_GOOD) return to_double(after);
  }
  return fail(status == UA_STATUSCODE_BADUSERACCESSDENIED || status == UA_STATUSCODE_BADNOTWRITABLE
                  ? ErrorCode::permission_denied
                  : ErrorCode::unavailable,
              fmt::format("writing {}: {}", to_string(name), status_text(status)));
}

}  // namespace millrace::opcua
