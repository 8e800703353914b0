#include "onnx/wire.hpp"

#include <bit>

namespace millrace::onnx {
namespace {

Result<std::uint64_t> little_endian(std::string_view& rest, std::size_t count) {
  if (rest.size() < count) return fail(ErrorCode::corrupt, "protobuf: the message ends inside a number");
  std::uint64_t value = 0;
  for (std::size_t k = 0; k < count; ++k) value |= std::uint64_t{static_cast<unsigned char>(rest[k])} << (8 * k);
  rest.remove_prefix(count);
  return value;
}

}  // namespace

Result<std::uint64_t> WireReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return fail(ErrorCode::corrupt, "protobuf: the message ends inside a varint");
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return fail(ErrorCode::corrupt, "protobuf: a varint has more than ten bytes");
}

Result<std::uint32_t> WireReader::fixed32() {
  TRY_ASSIGN(const std::uint64_t value, little_endian(rest_, 4));
  return static_cast<std::uint32_t>(value);
}

Result<WireField> WireReader::next() {
  TRY_ASSIGN(const std::uint64_t tag, varint());
  WireField field;
  field.number = static_cast<std::uint32_t>(tag >> 3);
  field.type = static_cast<WireType>(tag & 7U);
  if (field.number == 0) return fail(ErrorCode::corrupt, "protobuf: field number 0");
  switch (field.type) {
    case WireType::varint: {
      TRY_ASSIGN(field.integer, varint());
      return field;
    }
    case WireType::fixed64: {
      TRY_ASSIGN(field.integer, little_endian(rest_, 8));
      return field;
    }
    case WireType::fixed32: {
      TRY_ASSIGN(field.integer, little_endian(rest_, 4));
      return field;
    }
    case WireType::bytes: {
      TRY_ASSIGN(const std::uint64_t length, varint());
      if (length > rest_.size()) return fail(ErrorCode::corrupt, "protobuf: a field is longer than its message");
      field.bytes = rest_.substr(0, length);
      rest_.remove_prefix(length);
      return field;
    }
  }
  return fail(ErrorCode::corrupt, "protobuf: unknown wire type " + std::to_string(tag & 7U));
}

void WireWriter::raw_varint(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7) out_ += static_cast<char>((value & 0x7FU) | 0x80U);
  out_ += static_cast<char>(value);
}

void WireWriter::varint(std::uint32_t field, std::uint64_t value) {
  raw_varint(std::uint64_t{field} << 3);
  raw_varint(value);
}

void WireWriter::fixed32(std::uint32_t field, float value) {
  raw_varint((std::uint64_t{field} << 3) | 5U);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (unsigned shift = 0; shift < 32; shift += 8) out_ += static_cast<char>((bits >> shift) & 0xFFU);
}

void WireWriter::bytes(std::uint32_t field, std::string_view value) {
  raw_varint((std::uint64_t{field} << 3) | 2U);
  raw_varint(value.size());
  out_ += value;
}

}  // namespace millrace::onnx
