#include "signal/quality_kind.hpp"

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr std::array<QualityKind, quality_check_count> kinds{{
    {QualityCheck::missing, "missing", "The source gave no value, or called its value bad.",
     "Look at the sensor, its cable, and what the controller says about this tag.", true},
    {QualityCheck::range, "range", "The value lies outside of what the use case file holds possible.",
     "If the value is real, widen the signal's range in the file; else check the sensor's scaling and wiring.", true},
    {QualityCheck::spike, "spike", "A single value far away from its neighbours.",
     "Often a disturbance or a loose contact: check shield and connectors. If the process does jump, raise "
     "spike in the file.",
     true},
    {QualityCheck::stuck, "stuck", "The same value again and again, where the signal should move.",
     "Compare with a second instrument; a frozen sensor is restarted or replaced. A signal that may stand still "
     "is declared steady in the file.",
     true},
    {QualityCheck::late, "late", "No value came for longer than the freshness in the use case file allows.",
     "Check the controller, the network, and the gateway's connection to them.", false},
    {QualityCheck::clock_skew, "clock_skew", "The source's clock differs from the gateway's, or was set back.",
     "Let both take their time from the same server (NTP or PTP).", true},
    {QualityCheck::duplicate, "duplicate", "A second, different value with the same time stamp; the first one counts.",
     "Correct how the controller or its driver stamps the time.", true},
}};

}  // namespace

std::span<const QualityKind, quality_check_count> quality_kinds() { return kinds; }

std::string_view to_string(QualityCheck check) { return kinds[static_cast<std::size_t>(check)].name; }

std::optional<QualityCheck> find_quality_check(std::string_view name) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [&](const QualityKind& kind) { return kind.name == name; });
  return found == kinds.end() ? std::nullopt : std::optional(found->check);
}

}  // namespace millrace
