#include "base/id.hpp"

#include "base/assert.hpp"
#include "base/hash.hpp"

#include <openssl/rand.h>

#include <array>

namespace millrace {

namespace {
template <std::size_t size>
std::array<unsigned char, size> random_bytes() {
  std::array<unsigned char, size> bytes{};
  MILLRACE_ASSERT(RAND_bytes(bytes.data(), size) == 1);
  return bytes;
}
template <std::size_t size>
std::string hex(const std::array<unsigned char, size>& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}
}  // namespace

std::string random_id() { return hex(random_bytes<16>()); }

std::string time_ordered_id(TimeUs now_us) {
  auto bytes = random_bytes<16>();
  auto milliseconds = static_cast<std::uint64_t>(now_us / 1000);
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(milliseconds >> (8 * (5 - i)));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x70);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  auto text = hex(bytes);
  for (std::size_t position : {8u, 13u, 18u, 23u}) text.insert(position, 1, '-');
  return text;
}

std::string random_secret(std::size_t bytes) {
  std::string raw(bytes, '\0');
  MILLRACE_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(bytes)) == 1);
  auto text = to_base64(raw);
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

}  // namespace millrace
