#include "gateway/marks.hpp"

#include "sparkplug/wire.hpp"

#include <algorithm>

namespace millrace {

namespace wire = sparkplug::wire;

void encode_marks(std::string& out, std::span<const Mark> marks) {
  out.clear();
  std::uint64_t newest = 0;
  for (const auto& mark : marks) newest = std::max(newest, mark.time_ms);
  wire::append_varint(out, newest);
  std::uint64_t alias = 0;
  for (const auto& mark : marks) {
    wire::append_varint(out, mark.alias - alias);
    wire::append_varint(out, newest - mark.time_ms);
    alias = mark.alias;
  }
}

Result<std::vector<Mark>> decode_marks(std::string_view bytes) {
  std::vector<Mark> marks;
  wire::Reader in(bytes);
  auto newest = in.varint();
  std::uint64_t alias = 0;
  while (in.ok() && !in.at_end()) {
    alias += in.varint();
    marks.push_back({alias, newest - in.varint()});
  }
  if (!in.ok()) return fail(ErrorCode::corrupt, "the spool's marks cannot be read");
  return marks;
}

}  // namespace millrace
