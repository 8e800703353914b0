#pragma once

#include <fmt/format.h>
#include <cstdio>
#include <string>
#include <string_view>

namespace millrace::bench {

/// What somebody else's program needed for the same, and where that figure comes from.
struct Peer {
  std::string name;
  double value = 0;
};

inline constexpr double no_target = __builtin_nan("");

/// One line of JSON per figure; scripts/bench.py collects them.
inline void print_result(std::string_view name, double value, std::string_view unit, std::string_view better,
                         double target = no_target, const Peer& peer = {}) {
  std::string line =
      fmt::format(R"({{"name":"{}","value":{:.6g},"unit":"{}","better":"{}")", name, value, unit, better);
  if (target == target) line += fmt::format(R"(,"target":{:.6g})", target);
  if (!peer.name.empty()) line += fmt::format(R"(,"peer":{{"name":"{}","value":{:.6g}}})", peer.name, peer.value);
  fmt::print("{}}}\n", line);
  std::fflush(stdout);
}

}  // namespace millrace::bench
