#include "fieldbus/opcua/open62541/convert.hpp"

#include <fmt/format.h>
#include <cmath>
#include <limits>

namespace millrace::opcua {

UA_String copy(std::string_view text) {
  const UA_String borrowed = borrow(text);
  UA_String owned;
  return UA_String_copy(&borrowed, &owned) == UA_STATUSCODE_GOOD ? owned : UA_STRING_NULL;
}

std::string status_text(UA_StatusCode status) {
  return fmt::format("{} (0x{:08X})", UA_StatusCode_name(status), status);
}

double to_double(const UA_Variant& value) {
  if (value.type == nullptr || !UA_Variant_isScalar(&value)) return std::numeric_limits<double>::quiet_NaN();
  const auto as = [&]<typename T>(T) { return static_cast<double>(*static_cast<const T*>(value.data)); };
  switch (value.type->typeKind) {
    case UA_DATATYPEKIND_DOUBLE:
      return as(UA_Double{});
    case UA_DATATYPEKIND_FLOAT:
      return as(UA_Float{});
    case UA_DATATYPEKIND_BOOLEAN:
      return *static_cast<const UA_Boolean*>(value.data) ? 1 : 0;
    case UA_DATATYPEKIND_SBYTE:
      return as(UA_SByte{});
    case UA_DATATYPEKIND_BYTE:
      return as(UA_Byte{});
    case UA_DATATYPEKIND_INT16:
      return as(UA_Int16{});
    case UA_DATATYPEKIND_UINT16:
      return as(UA_UInt16{});
    case UA_DATATYPEKIND_ENUM:
    case UA_DATATYPEKIND_INT32:
      return as(UA_Int32{});
    case UA_DATATYPEKIND_UINT32:
      return as(UA_UInt32{});
    case UA_DATATYPEKIND_INT64:
      return as(UA_Int64{});
    case UA_DATATYPEKIND_UINT64:
      return as(UA_UInt64{});
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

std::optional<Sample> to_sample(SignalIndex signal, const UA_DataValue& value, TimeUs received_us) {
  const UA_StatusCode status = value.hasStatus ? value.status : UA_STATUSCODE_GOOD;
  if ((status & 0xFFFF0000u) == UA_STATUSCODE_BADWAITINGFORINITIALDATA) return std::nullopt;
  Sample sample{.signal = signal, .status = overflowed(status) ? status & ~0x00000480u : status};
  sample.value = value.hasValue ? to_double(value.value) : std::numeric_limits<double>::quiet_NaN();
  sample.server_time_us = value.hasServerTimestamp ? to_time_us(value.serverTimestamp) : received_us;
  sample.source_time_us = value.hasSourceTimestamp ? to_time_us(value.sourceTimestamp) : sample.server_time_us;
  return sample;
}

UA_NodeId to_node_id(const NodeName& name, std::uint16_t namespace_index) {
  UA_NodeId id;
  UA_NodeId_init(&id);
  id.namespaceIndex = namespace_index;
  if (name.numeric) {
    id.identifierType = UA_NODEIDTYPE_NUMERIC;
    id.identifier.numeric = name.number;
  } else {
    id.identifierType = UA_NODEIDTYPE_STRING;
    id.identifier.string = borrow(name.text);
  }
  return id;
}

}  // namespace millrace::opcua
