#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::onnx {

/// Protocol Buffers wire format (protobuf.dev/programming-guides/encoding), the part that ONNX files use. An own codec
/// of 150 lines, because the edge then needs neither the protobuf library nor generated code to read a model.
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t integer = 0;  ///< varint, fixed32 and fixed64 as raw bits
  std::string_view bytes;     ///< views the message that is read
};

/// Walks the fields of one message. The bytes are not copied and must outlive the reader.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  /// `corrupt` when the message ends inside a field or holds a wire type that does not exist (groups are refused).
  Result<WireField> next();
  Result<std::uint64_t> varint();
  Result<std::uint32_t> fixed32();

 private:
  std::string_view rest_;
};

/// Appends fields to a string.
class WireWriter {
 public:
  void varint(std::uint32_t field, std::uint64_t value);
  void fixed32(std::uint32_t field, float value);
  void bytes(std::uint32_t field, std::string_view value);
  [[nodiscard]] const std::string& str() const { return out_; }

 private:
  void raw_varint(std::uint64_t value);
  std::string out_;
};

}  // namespace millrace::onnx
