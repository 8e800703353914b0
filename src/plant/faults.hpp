#pragma once

#include "base/result.hpp"
#include "fieldbus/opcua/server.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::plant {

/// A fault on request: what goes wrong with one signal (or the whole asset) for some cycles.
struct Fault {
  std::string kind;  ///< a name of `fault_kinds()`
  std::string asset;
  std::string signal;  ///< empty: all of the asset's
  int from = 1;        ///< the first cycle
  int cycles = 1;
  double by = 0;  ///< spike, duplicate: added to the value; clock_skew: seconds
};

/// "stuck", "spike", "drop_out", "late", "clock_skew", "duplicate".
std::vector<std::string_view> fault_kinds();

/// Spoils what the engines put out, row by row, as the table of kinds says. Sans-I/O, deterministic.
class Faults {
 public:
  /// The variable of an asset's signal; nothing when there is none.
  using Find = std::function<std::optional<opcua::VariableIndex>(std::string_view asset, std::string_view signal)>;
  /// `not_found` names the fault whose asset or signal does not exist.
  static Result<Faults> make(std::vector<Fault> faults, const Find& find);

  /// One asset's values of one cycle, oldest first; may come back longer or empty. `is_last`: of the asset's life, so
  /// that nothing is held back any more.
  void apply(std::string_view asset, int cycle, bool is_last, std::vector<opcua::ServerValue>& row);
  /// Values that were put out a second time with the same source time: no points of their own.
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }

 private:
  struct Active {
    Fault fault;
    void (*spoil)(Active& active, bool is_on, std::vector<opcua::ServerValue>& row) = nullptr;
    std::optional<opcua::VariableIndex> variable;
    std::optional<double> kept;            ///< stuck: the value at the first cycle
    std::vector<opcua::ServerValue> held;  ///< late: rows that wait
  };
  struct Kind;
  static std::span<const Kind> kinds();
  std::vector<Active> active_;
  std::uint64_t duplicates_ = 0;

  friend std::vector<std::string_view> fault_kinds();
};

}  // namespace millrace::plant
