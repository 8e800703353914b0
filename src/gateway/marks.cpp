#include "gateway/marks.hpp"

#include "sparkplug/wire.hpp"

#include <algorithm>

namespace millrace {

namespace wire = sparkplug::wire;

namespace {
constexpr std::uint64_t in_microseconds = 0;  ///< comes first; older marks began with their newest time, never 0
}

void encode_marks(std::string& out, std::span<const Mark> marks) {
  out.clear();
  std::uint64_t newest = 0;
  for (const auto& mark : marks) newest = std::max(newest, static_cast<std::uint64_t>(mark.time_us));
  wire::append_varint(out, in_microseconds);
  wire::append_varint(out, newest);
  std::uint64_t alias = 0;
  for (const auto& mark : marks) {
    wire::append_varint(out, mark.alias - alias);
    wire::append_varint(out, newest - static_cast<std::uint64_t>(mark.time_us));
    alias = mark.alias;
  }
}

Result<std::vector<Mark>> decode_marks(std::string_view bytes) {
  std::vector<Mark> marks;
  wire::Reader in(bytes);
  auto newest = in.varint();
  const bool is_fine = newest == in_microseconds;
  if (is_fine && !in.at_end()) newest = in.varint();
  std::uint64_t alias = 0;
  while (in.ok() && !in.at_end()) {
    alias += in.varint();
    const auto time = newest - in.varint();
    marks.push_back({alias, static_cast<TimeUs>(is_fine ? time : time * 1000 + 999)});
  }
  if (!in.ok()) return fail(ErrorCode::corrupt, "the spool's marks cannot be read");
  return marks;
}

}  // namespace millrace
