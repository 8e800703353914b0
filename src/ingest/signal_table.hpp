#pragma once

#include "lake/rows.hpp"
#include "signal/catalogue.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace millrace {

/// What a use case says about a signal.
struct SignalMeaning {
  SignalRole role = SignalRole::measurement;
  std::map<int, std::string> codes;  ///< work_order: code -> kind
  std::string use_case;
  std::string unit, quantity;  ///< used where the birth tells none
};
using MeaningOf =
    std::function<std::optional<SignalMeaning>(std::string_view site, std::string_view asset, std::string_view signal)>;

/// The numbers of the signals in the lake: (site, asset, name) -> id, given out once and for ever, from 1 up.
class SignalTable {
 public:
  void load(const std::vector<SignalRow>& rows);
  struct Assigned {
    std::int32_t id = 0;
    bool is_new = false;
  };
  Assigned assign(std::string_view site, std::string_view asset, std::string_view signal);
  [[nodiscard]] std::optional<std::int32_t> find(std::string_view site, std::string_view asset,
                                                 std::string_view signal) const;
  /// For ids that were given out; empty strings for others.
  [[nodiscard]] const SignalRow& row(std::int32_t id) const;
  SignalRow& row(std::int32_t id);
  [[nodiscard]] const std::vector<SignalRow>& rows() const { return rows_; }  ///< by id; 0 is unused
  [[nodiscard]] std::int32_t last_id() const { return static_cast<std::int32_t>(rows_.size()) - 1; }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  using KeyView = std::tuple<std::string_view, std::string_view, std::string_view>;
  struct Less {
    using is_transparent = void;
    static KeyView view(const Key& key) { return {std::get<0>(key), std::get<1>(key), std::get<2>(key)}; }
    static KeyView view(const KeyView& key) { return key; }
    bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
  };
  std::map<Key, std::int32_t, Less> ids_;
  std::vector<SignalRow> rows_{1};
};

}  // namespace millrace
