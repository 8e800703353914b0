#include "plant/faults.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::plant {

using Row = std::vector<opcua::ServerValue>;

struct Faults::Kind {
  std::string_view name;
  void (*spoil)(Active&, bool is_on, Row&);

  /// Calls `change` for the values that an active fault is about.
  template <typename Change>
  static void each(const Active& active, bool is_on, Row& row, Change change) {
    if (!is_on) return;
    for (auto& value : row) {
      if (!active.variable || value.variable == *active.variable) change(value);
    }
  }
  static void stuck(Active& active, bool is_on, Row& row) {
    each(active, is_on, row, [&](opcua::ServerValue& value) {
      if (!active.kept) active.kept = value.value;
      value.value = *active.kept;
    });
  }
  static void spike(Active& active, bool is_on, Row& row) {
    each(active, is_on, row, [&](opcua::ServerValue& value) { value.value += active.fault.by; });
  }
  /// As a controller shows it: some value, and a status that says not to believe it.
  static void drop_out(Active& active, bool is_on, Row& row) {
    each(active, is_on, row, [](opcua::ServerValue& value) { value.status = status::bad_no_communication; });
  }
  static void clock_skew(Active& active, bool is_on, Row& row) {
    const auto by_us = static_cast<std::int64_t>(active.fault.by * 1e6);
    each(active, is_on, row, [&](opcua::ServerValue& value) { value.source_time_us += by_us; });
  }
  /// What comes too late comes all at once, with the times at which it was measured.
  static void late(Active& active, bool is_on, Row& row) {
    active.held.insert(active.held.end(), row.begin(), row.end());
    row.clear();
    if (!is_on) row.swap(active.held);
  }
  static void duplicate(Active& active, bool is_on, Row& row) {
    Row again;
    each(active, is_on, row, [&](const opcua::ServerValue& value) {
      again.push_back(value);
      again.back().value += active.fault.by;
    });
    row.insert(row.end(), again.begin(), again.end());
  }
};

std::span<const Faults::Kind> Faults::kinds() {
  static constexpr Kind table[] = {{"stuck", Kind::stuck},           {"spike", Kind::spike},
                                   {"drop_out", Kind::drop_out},     {"late", Kind::late},
                                   {"clock_skew", Kind::clock_skew}, {"duplicate", Kind::duplicate}};
  return table;
}

std::vector<std::string_view> fault_kinds() {
  std::vector<std::string_view> names;
  for (const auto& kind : Faults::kinds()) names.push_back(kind.name);
  return names;
}

Result<Faults> Faults::make(std::vector<Fault> faults, const Find& find) {
  Faults made;
  for (auto& fault : faults) {
    const auto kind =
        std::find_if(kinds().begin(), kinds().end(), [&](const Kind& each) { return each.name == fault.kind; });
    if (kind == kinds().end()) return fail(ErrorCode::invalid_argument, fmt::format("no fault '{}'", fault.kind));
    Active active{.fault = fault, .spoil = kind->spoil};
    if (!fault.signal.empty()) {
      active.variable = find(fault.asset, fault.signal);
      if (!active.variable) {
        return fail(ErrorCode::not_found,
                    fmt::format("fault {}: no signal '{}' at an asset '{}'; it must be one of `replay`", fault.kind,
                                fault.signal, fault.asset));
      }
    }
    made.active_.push_back(std::move(active));
  }
  return made;
}

void Faults::apply(std::string_view asset, int cycle, bool is_last, Row& row) {
  for (auto& active : active_) {
    const auto& fault = active.fault;
    if (fault.asset != asset) continue;
    const bool is_on = !is_last && cycle >= fault.from && cycle < fault.from + fault.cycles;
    const auto before = row.size();
    active.spoil(active, is_on, row);
    if (active.spoil == Kind::duplicate) duplicates_ += row.size() - before;
  }
}

}  // namespace millrace::plant
