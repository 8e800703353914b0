#pragma once

#include "fieldbus/opcua/node_name.hpp"
#include "signal/sample.hpp"

#include <open62541/types.h>
#include <open62541/types_generated.h>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::opcua {

/// A library value that clears itself: `Owned<UA_ReadResponse> response(UA_TYPES[...]);`
template <typename T>
class Owned {
 public:
  explicit Owned(const UA_DataType& type) : type_(type) { UA_init(&value_, &type_); }
  Owned(T value, const UA_DataType& type) : value_(value), type_(type) {}
  ~Owned() { UA_clear(&value_, &type_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  T* operator->() { return &value_; }
  T& operator*() { return value_; }

 private:
  T value_{};
  const UA_DataType& type_;
};

inline std::string_view view(const UA_String& text) { return {reinterpret_cast<const char*>(text.data), text.length}; }
/// Borrows: valid as long as `text`.
inline UA_String borrow(std::string_view text) {
  return {text.size(), reinterpret_cast<UA_Byte*>(const_cast<char*>(text.data()))};
}
UA_String copy(std::string_view text);

inline TimeUs to_time_us(UA_DateTime time) { return (time - UA_DATETIME_UNIX_EPOCH) / UA_DATETIME_USEC; }
inline UA_DateTime to_date_time(TimeUs time_us) { return time_us * UA_DATETIME_USEC + UA_DATETIME_UNIX_EPOCH; }

/// "BadUserAccessDenied (0x801F0000)"
std::string status_text(UA_StatusCode status);

/// A number of any numeric scalar type, boolean included; NaN for anything else.
double to_double(const UA_Variant& value);

/// StatusCode info bits of a data value that report a queue overflow (OPC 10000-4, 7.39.1, table 170).
inline bool overflowed(UA_StatusCode status) { return (status & 0x00000480u) == 0x00000480u; }

/// Empty for BadWaitingForInitialData: there is no reading yet. `received_us` stands in for missing time stamps. The
/// overflow bits speak about the transport's queue, not about the reading, and are removed.
std::optional<Sample> to_sample(SignalIndex signal, const UA_DataValue& value, TimeUs received_us);

/// Borrows the name's text.
UA_NodeId to_node_id(const NodeName& name, std::uint16_t namespace_index);

}  // namespace millrace::opcua
