#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// The protobuf wire format (protobuf.dev, "Encoding"): just what Sparkplug payloads need, without allocation.
namespace millrace::sparkplug::wire {

enum class Kind : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

constexpr std::uint32_t tag(std::uint32_t field, Kind kind) { return field << 3 | static_cast<std::uint32_t>(kind); }

/// Writes at `out`, which has room for 10 bytes; returns the end.
inline char* put_varint(char* out, std::uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

/// Writes 8 bytes, little-endian.
inline char* put_double(char* out, double value) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

inline void append_varint(std::string& out, std::uint64_t value) {
  char buffer[10];
  out.append(buffer, static_cast<std::size_t>(put_varint(buffer, value) - buffer));
}
inline void append_field(std::string& out, std::uint32_t field, std::uint64_t value) {
  append_varint(out, tag(field, Kind::varint));
  append_varint(out, value);
}
inline void append_field(std::string& out, std::uint32_t field, std::string_view bytes) {
  append_varint(out, tag(field, Kind::bytes));
  append_varint(out, bytes.size());
  out.append(bytes);
}

/// Reads fields one after the other. After bad bytes `ok()` is false for good and every read gives zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }

  /// The next tag; 0 at the end or after bad bytes.
  std::uint32_t next_tag() {
    if (at_ == end_) return 0;
    auto byte = static_cast<unsigned char>(*at_);
    if (byte < 0x80) {
      ++at_;
      if (byte < 8) ok_ = false;  // field number 0 is not allowed
      return ok_ ? byte : 0;
    }
    auto value = varint();
    if (value > UINT32_MAX || value < 8) ok_ = false;
    return ok_ ? static_cast<std::uint32_t>(value) : 0;
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return failed();
  }

  std::uint64_t fixed64() {
    if (end_ - at_ < 8) return failed();
    std::uint64_t value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::uint32_t fixed32() {
    if (end_ - at_ < 4) return static_cast<std::uint32_t>(failed());
    std::uint32_t value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::string_view bytes() {
    auto size = varint();
    if (!ok_ || size > static_cast<std::uint64_t>(end_ - at_)) {
      failed();
      return {};
    }
    std::string_view out(at_, size);
    at_ += size;
    return out;
  }

  /// Steps over a field of any kind but groups, which proto2 had and Sparkplug never uses.
  void skip(std::uint32_t tag_read) {
    switch (tag_read & 7) {
      case 0:
        varint();
        break;
      case 1:
        fixed64();
        break;
      case 2:
        bytes();
        break;
      case 5:
        fixed32();
        break;
      default:
        failed();
    }
  }

 private:
  std::uint64_t failed() {
    ok_ = false;
    at_ = end_;
    return 0;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace millrace::sparkplug::wire
