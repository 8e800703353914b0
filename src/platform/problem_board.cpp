#include "platform/problem_board.hpp"

namespace millrace {

bool ProblemBoard::fails(std::string_view what, const Error& why, TimeUs now_us) {
  auto& problem = open_.try_emplace(std::string(what), OpenProblem{.since_us = now_us}).first->second;
  problem.why = why.message;
  return problem.kinds.insert(why.code).second;
}

std::optional<OpenProblem> ProblemBoard::works(std::string_view what) {
  const auto found = open_.find(what);
  if (found == open_.end()) return std::nullopt;
  return std::move(open_.extract(found).mapped());
}

}  // namespace millrace
