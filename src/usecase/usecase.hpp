#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "signal/catalogue.hpp"
#include "usecase/expression.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// The use case file, checked and typed. Field by field what docs/usecase.schema.json describes; durations are in
/// microseconds, percentages are fractions (5 % = 0.05).
struct UseCase {
  struct Baseline {
    std::string policy;  ///< e.g. run_to_failure; empty when measured from the lake
    std::optional<double> measured;
    std::optional<TimeUs> from_us, to_us;
  };
  struct Guard {
    std::string kpi;
    Comparison limit;  ///< this KPI must keep to the limit while the first improves
  };
  struct Outcome {
    std::string kpi;
    Baseline baseline;
    Target target;
    std::vector<Guard> guard;
    std::vector<std::string> stakeholders;
  };
  struct Assets {
    std::string type;
    std::string site = "*";
    std::string tag;
  };
  struct SignalDeclaration {
    std::string name;
    SignalRole role = SignalRole::measurement;
    std::string quantity;
    std::string unit;
    std::string opcua;  ///< node address with {asset} for the asset's name; empty: by name only
    std::optional<std::pair<double, double>> range;
    std::int64_t period_us = 0;        ///< expected time between samples; 0: not known
    std::map<int, std::string> codes;  ///< work_order: code -> kind ("overhaul", "failure")
    bool steady = false;               ///< may stay the same for ever: not checked for being stuck
    int line = 0;                      ///< in the file, for messages
  };
  struct Quality {
    double missing = 1;            ///< largest fraction of missing or bad inputs a decision may rest on
    std::uint32_t stuck_rows = 0;  ///< the same value this often is a finding; 0: not checked
    std::int64_t stuck_us = 0;
    std::int64_t freshness_us = 0;   ///< older than this is stale; 0: not checked
    double spike = 0;                ///< robust deviations from the median; 0: not checked
    std::int64_t clock_skew_us = 0;  ///< source clock and ours differ by more; 0: not checked
  };
  struct PrivacyRule {
    std::string signal;
    std::string method;  ///< pseudonymise | drop | generalise | aggregate
    std::map<std::string, std::string> options;
  };
  struct Regimes {
    std::uint32_t clusters = 1;        ///< 0: training finds how many there are
    std::vector<std::string> context;  ///< signals with role context
  };
  struct Features {
    std::uint32_t window = 30;                  ///< rows
    std::uint32_t step = 1;                     ///< a decision every so many rows
    std::vector<std::string> each;              ///< statistics of every measured signal: usecase/statistics.hpp
    std::vector<std::string> of;                ///< the signals; empty: all with role measurement
    bool age = false;                           ///< the clock as a feature
    bool drop_constant = false;                 ///< training leaves out signals that never change
    std::uint32_t baseline_rows = 10;           ///< first rows of a life that delta_first compares with
    std::int64_t align_timeout_us = 1'000'000;  ///< a row is closed this long after its first sample
    bool align_hold = true;                     ///< an absent value keeps the one before; else it is missing
    Regimes regimes;
  };
  struct Label {
    std::string kind;   ///< remaining_useful_life | signal | work_order
    std::string until;  ///< "work_order.failure"
    std::optional<double> cap;
    std::optional<double> rows_below;  ///< train only on rows whose uncapped label is below this
    std::string signal;                ///< kind signal: which
  };
  struct Trainer {
    std::string kind = "gbdt";  ///< gbdt | command
    std::uint32_t rounds = 400, depth = 5;
    double learning_rate = 0.03;
    double row_fraction = 0.7, column_fraction = 0.4;
    double minimum_child_weight = 20;
    std::uint32_t bins = 256;
    std::string command;  ///< kind command: reads Parquet, writes ONNX
  };
  struct Gate {
    std::string name;
    Comparison limit;
  };
  struct Model {
    std::string task = "regression";  ///< regression | classification | anomaly
    std::string output = "rul";       ///< the name decision.when uses for the prediction
    std::string output_unit = "cycles";
    Label label;
    Trainer trainer;
    std::string split = "by_asset";
    double validation = 0.2;  ///< share of assets kept for validation
    std::vector<Gate> gates;
  };
  struct WorkOrder {
    std::string priority = "normal";
    std::string text;
  };
  struct Write {
    std::string opcua;  ///< node address with {asset}: a display tag, or a set-point; never a safety node
    double value = 1;
    bool is_prediction = false;  ///< the prediction itself is the wish, instead of `value`; set-points only
  };
  struct Envelope {
    double low = 0, high = 0;
    double rate_per_s = 0;  ///< largest change; 0: any
    double safe = 0;        ///< what is put out on a time-out
  };
  struct Timeout {
    std::int64_t after_us = 5'000'000;
  };
  struct Decision {
    Condition when;
    std::uint32_t hold = 1;           ///< consecutive results
    std::string advice = "overhaul";  ///< the word that is put out
    std::optional<WorkOrder> work_order;
    std::optional<Write> write;
    bool is_setpoint = false;          ///< mode: setpoint; else advisory
    std::optional<Envelope> envelope;  ///< there when `is_setpoint`
    Timeout timeout;
  };
  struct Rollout {
    std::uint64_t shadow_decisions = 0;
    std::vector<double> canary;  ///< fractions, ascending, last is 1
    std::int64_t soak_us = 0;
    std::vector<std::string> abort_on;  ///< words, or "name comparison" kept as written and checked
  };
  struct Monitor {
    std::int64_t one_false_alarm_per_us = 0;
    std::vector<Gate> accuracy;
    std::uint64_t accuracy_over_labels = 0;
  };
  struct Retrain {
    std::vector<std::string> when;
    std::int64_t cooldown_us = 0;
    std::string then = "propose";  ///< propose | shadow | automatic
  };
  struct Feedback {
    std::vector<std::string> ask;
    std::string labels_from;
  };

  std::string name;  ///< the key `use_case`
  std::string title;
  std::string owner;
  Outcome outcome;
  Assets assets;
  std::vector<SignalDeclaration> signals;
  Quality quality;
  std::vector<PrivacyRule> privacy;
  Features features;
  Model model;
  Decision decision;
  std::optional<Rollout> rollout;
  std::optional<Monitor> monitor;
  std::optional<Retrain> retrain;
  std::optional<Feedback> feedback;

  [[nodiscard]] const SignalDeclaration* find_signal(std::string_view signal) const;
  [[nodiscard]] const SignalDeclaration* signal_with_role(SignalRole role) const;  ///< the first, or null
};

/// One thing wrong in a use case file: "turbofan.yaml:12: unit "degF2" is not known; did you mean "degF"?".
struct UseCaseProblem {
  int line = 0;         ///< 1-based; 0: the whole file
  std::string path;     ///< "signals[3].unit"
  std::string message;  ///< what, and the remedy
};

/// Reads and checks everything; all problems at once, in the order of the file. Empty `problems`: `use_case` is good.
struct ParsedUseCase {
  UseCase use_case;
  std::vector<UseCaseProblem> problems;
  std::vector<UseCaseProblem> refused;   ///< good, but this version does not do it, and leaving it out does harm
  std::vector<UseCaseProblem> warnings;  ///< good, but this version does not do it
  /// Why the file cannot be applied; empty: it can.
  [[nodiscard]] const std::vector<UseCaseProblem>& obstacles() const { return problems.empty() ? refused : problems; }
};
ParsedUseCase check_use_case(std::string_view yaml);

/// `invalid_argument` with one line per problem, each "source:line: message".
Result<UseCase> parse_use_case(std::string_view yaml, std::string_view source_name = "use case");
/// The same for a file that is to be applied: what must be `refused` is an error too.
Result<UseCase> parse_applicable_use_case(std::string_view yaml, std::string_view source_name = "use case");

/// "{asset}" replaced by the asset's name.
std::string expand_address(std::string_view address, std::string_view asset);

}  // namespace millrace
