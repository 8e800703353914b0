// What a file may say because the format knows it, and this version does not do. A line of these tables goes when its
// part is built.
#include "usecase/sections.hpp"

#include <fmt/format.h>

namespace millrace {
namespace {

struct Idle {
  std::string_view path;
  std::string_view instead;  ///< what happens in its place
  std::string_view value;    ///< only this one is not carried out; empty: any
};

constexpr Idle idle[] = {
    {"model.split", "assets are kept out at random for validation, as with by_asset", "by_time"},
    {"decision.then.work_order", "the advice is shown, stored and written to `write`; nobody is sent an order", {}},
    {"rollout", "an approved model goes to all its devices at once; each proves it before it takes it", {}},
    {"monitor", "neither drift nor accuracy is watched; the KPIs and guards of `outcome` are", {}},
    {"retrain", "a person starts training, with `millrace model train` or in the console", {}},
    {"feedback", "nobody is asked; verdicts that people give in the console are stored as labels", {}},
};

/// The node at "decision.then.work_order"; not defined when there is none.
YAML::Node at(const YAML::Node& node, std::string_view path) {
  const auto dot = path.find('.');
  if (!node.IsMap()) return YAML::Node(YAML::NodeType::Undefined);
  const YAML::Node next = node[std::string(path.substr(0, dot))];
  return dot == std::string_view::npos || !next.IsDefined() ? next : at(next, path.substr(dot + 1));
}

}  // namespace

void find_not_carried_out(const YAML::Node& document, YamlReader& warnings) {
  for (const Idle& one : idle) {
    const YAML::Node node = at(document, one.path);
    if (!node.IsDefined() || (!one.value.empty() && (!node.IsScalar() || node.Scalar() != one.value))) continue;
    warnings.report(node, one.path, fmt::format("not carried out by this version: {}", one.instead));
  }
}

void refuse_privacy(const UseCase& use_case, const UseCaseLines& lines, YamlReader& refused) {
  for (std::size_t i = 0; i < use_case.privacy.size(); ++i) {
    const auto& [signal, method, options] = use_case.privacy[i];
    refused.report_line(lines.privacy[i], fmt::format("privacy[{}]", i),
                        fmt::format("{0} {1}: not carried out by this version, which would store {1} as it comes; take "
                                    "{1} out of `signals`, or make it impersonal at its source, and remove the rule",
                                    method, signal));
  }
}

}  // namespace millrace
