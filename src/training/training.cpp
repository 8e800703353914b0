#include "training/training.hpp"

#include "base/file.hpp"
#include "inference/engine.hpp"
#include "onnx/model.hpp"
#include "training/dataset.hpp"
#include "training/manifest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

namespace millrace {
namespace {

constexpr double default_tolerance = 1e-5;

/// What one round of learning used and gave.
struct Fit {
  FeatureDefinition definition;
  Dataset rows;
  std::unique_ptr<TrainedModel> model;
};

/// One run, step by step; each step leaves its results in members for the next and for the manifest.
class Run {
 public:
  Run(const TrainingRequest& request, DataSource& source, const TrainingProgress& progress)
      : request_(request), source_(source), progress_(progress), label_(request.use_case.model.label) {}

  Result<ModelBundle> execute() {
    TRY(check_request());
    TRY(tell(0.0, "reading the history"));
    TRY(read());
    const std::string size = fmt::format("{} rows of {} assets", history_.rows(), history_.assets.size());
    const bool has_twin = request_.learn_from_all && !split_.validation.empty();
    TRY(learn(split_.training, 0.1, has_twin ? 0.5 : 0.92,
              fmt::format("{}, {} assets kept out", size, split_.validation.size())));
    TRY(measure_validation());
    if (has_twin) TRY(learn(labelled_, 0.5, 0.92, size + ", from all"));
    TRY(tell(0.92, "checking the exported model"));
    TRY(check_export());
    pass_gates();
    bundle_.manifest_json = make_manifest(request_, bundle_, facts());
    TRY(tell(1.0, "done"));
    return std::move(bundle_);
  }

 private:
  Result<void> tell(double fraction, const std::string& message) const {
    if (progress_ && !progress_(fraction, message)) return fail(ErrorCode::unavailable, "training was stopped");
    return {};
  }

  Result<void> check_request() const {
    const auto& model = request_.use_case.model;
    if (model.task != "regression") {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("model.task: '{}' cannot be trained yet; use regression", model.task));
    }
    if (label_.kind != "remaining_useful_life") {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("model.label: '{}' cannot be trained yet; use remaining_useful_life", label_.kind));
    }
    TRY(check_command_allowed(request_.use_case, request_.allow_command));
    if (model.trainer.kind != "gbdt" && model.trainer.kind != "command") {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("model.trainer: '{}' is not known; use gbdt or command", model.trainer.kind));
    }
    return {};
  }

  Result<void> read() {
    TRY_ASSIGN(const FeatureDefinition definition, compile_features(request_.use_case));
    TRY_ASSIGN(history_, read_history(definition.layout, source_));
    for (const auto& life : history_.lives) {
      const bool known = !std::isnan(remaining_life(history_, life, life.end - 1, label_.until));
      if (known && (labelled_.empty() || labelled_.back() != life.asset)) labelled_.push_back(life.asset);
    }
    if (labelled_.empty()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("none of the {} assets has a life that ended with '{}': import the maintenance log first",
                              history_.assets.size(), label_.until));
    }
    cap_ = label_.cap.value_or(0);
    split_ = split_by_asset(labelled_, request_.use_case.model.validation, request_.seed);
    bundle_.dataset_sha256 = history_.sha256();
    bundle_.dataset_rows = history_.rows();
    return {};
  }

  /// Fits regimes and scales, makes the rows and trains, on these assets alone. Replaces the fit before.
  Result<void> learn(const std::vector<std::size_t>& assets, double from, double to, const std::string& what) {
    const auto& features = request_.use_case.features;
    TRY(tell(from, fmt::format("{}: computing features", what)));
    fit_ = {};
    TRY_ASSIGN(fit_.definition, compile_features(request_.use_case));
    const std::vector<double> rows = labelled_rows(history_, assets, label_.until);
    std::uint32_t regimes = features.regimes.clusters;
    if (regimes == 0) {
      TRY_ASSIGN(regimes, find_regimes(fit_.definition, rows, request_.seed));
    }
    TRY(fit_normalisation(fit_.definition, rows, regimes, features.drop_constant, request_.seed));
    fit_.rows = make_dataset(history_, fit_.definition, assets, {label_.until, cap_, label_.rows_below.value_or(0)});
    if (fit_.rows.table.size() == 0)
      return fail(ErrorCode::invalid_argument, "no row of the history has a known label");
    const double middle = from + 0.3 * (to - from);
    TRY(tell(middle, fmt::format("{}: training", what)));
    trainer_ = make_trainer();
    const auto part = [&](double fraction, const std::string& message) {
      return !progress_ || progress_(middle + (to - middle) * fraction, what + ": " + message);
    };
    TRY_ASSIGN(fit_.model, trainer_->train(fit_.rows.table, {}, request_.seed, part));
    return {};
  }

  [[nodiscard]] std::unique_ptr<Trainer> make_trainer() const {
    const auto& trainer = request_.use_case.model.trainer;
    if (trainer.kind == "command") return make_command_trainer({trainer.command, request_.command_limit_us});
    return make_xgboost_trainer({.rounds = trainer.rounds,
                                 .depth = trainer.depth,
                                 .learning_rate = trainer.learning_rate,
                                 .row_fraction = trainer.row_fraction,
                                 .column_fraction = trainer.column_fraction,
                                 .minimum_child_weight = trainer.minimum_child_weight,
                                 .bins = trainer.bins,
                                 .threads = request_.threads});
  }

  /// On whole lives of assets that this fit has not seen.
  Result<void> measure_validation() {
    const Dataset unseen = make_dataset(history_, fit_.definition, split_.validation, {label_.until, cap_, 0});
    validation_rows_ = unseen.table.size();
    if (validation_rows_ == 0) return {};
    TRY_ASSIGN(const auto predictions, fit_.model->predict(unseen.table.rows, unseen.table.features));
    bundle_.validation = evaluate(predictions, unseen.labels_uncapped, cap_);
    slices_ = evaluate_slices(predictions, unseen.labels_uncapped, cap_);
    return {};
  }

  /// Largest difference between an engine and the trainer over a table: absolute, or relative where answers exceed 1.
  static Result<double> difference(Engine& engine, const TrainingTable& table, const std::vector<float>& expected) {
    std::vector<float> outputs(expected.size());
    TRY(engine.run(table.rows, outputs));
    double largest = 0;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const double now = std::abs(double{outputs[k]} - expected[k]) / std::max(1.0, std::abs(double{expected[k]}));
      largest = std::isnan(now) ? INFINITY : std::max(largest, now);
    }
    return largest;
  }

  /// Every row of every labelled life through both engines: what the edge will answer is what the trainer answered.
  Result<void> check_export() {
    bundle_.features_json = to_json(fit_.definition);
    TRY_ASSIGN(bundle_.model_onnx, fit_.model->to_onnx());
    const Dataset all = make_dataset(history_, fit_.definition, labelled_, {label_.until, cap_, 0});
    TRY_ASSIGN(const auto answers, fit_.model->predict(all.table.rows, all.table.features));
    on_training_ = evaluate(answers, all.labels_uncapped, cap_);
    for (const auto make : {make_onnxruntime_engine, make_tree_engine}) {
      auto made = make(bundle_.model_onnx);
      // A command may make any model; the tree engine runs trees only, and then the edge takes the other one.
      if (!made && make == make_tree_engine && made.error().code == ErrorCode::failed_precondition) continue;
      TRY_ASSIGN(const auto engine, std::move(made));
      TRY_ASSIGN(parity_[engine->name()], difference(*engine, all.table, answers));
    }
    make_golden(all.table, answers);
    return {};
  }

  /// Rows spread evenly over all lives, with the trainer's own answers.
  void make_golden(const TrainingTable& table, const std::vector<float>& answers) {
    GoldenVectors golden{.features = table.features, .tolerance = default_tolerance};
    golden_rows_ = std::min<std::size_t>(std::max(1U, request_.golden_rows), table.size());
    for (std::size_t k = 0; k < golden_rows_; ++k) {
      const std::size_t at = k * table.size() / golden_rows_;
      const auto row = table.row(at);
      golden.inputs.insert(golden.inputs.end(), row.begin(), row.end());
      golden.outputs.push_back(answers[at]);
    }
    bundle_.golden_json = to_json(golden);
  }

  void pass_gates() {
    for (const auto& gate : request_.use_case.model.gates) {
      GateResult result{.name = gate.name, .limit = to_string(gate.limit), .value = value_of(gate.name)};
      result.passed = !std::isnan(result.value) && gate.limit.holds(result.value);
      bundle_.gates.push_back(result);
    }
    // The edge refuses a model that differs from its trainer, so this gate always stands.
    if (std::ranges::none_of(bundle_.gates,
                             [](const GateResult& gate) { return gate.name == "parity_with_trainer"; })) {
      const double value = value_of("parity_with_trainer");
      bundle_.gates.push_back(
          {"parity_with_trainer", fmt::format("<= {}", default_tolerance), value, value <= default_tolerance});
    }
  }

  /// NaN for a gate that cannot be measured: it then fails.
  [[nodiscard]] double value_of(const std::string& gate) const {
    if (gate == "parity_with_trainer") {
      double largest = 0;
      for (const auto& [engine, value] : parity_) largest = std::max(largest, value);
      return largest;
    }
    if (gate == "rows") return static_cast<double>(fit_.rows.table.size());
    const Metrics& metrics = bundle_.validation;
    if (metrics.rows == 0) return NAN;
    if (gate == "rmse") return metrics.rmse;
    if (gate == "rmse_uncapped") return metrics.rmse_uncapped;
    if (gate == "mae") return metrics.mae;
    if (gate == "bias") return metrics.bias;
    if (gate == "nasa_score") return metrics.nasa_score;
    return NAN;
  }

  [[nodiscard]] ManifestFacts facts() const {
    ManifestFacts facts;
    facts.data = source_.identity();
    facts.history = &history_;
    facts.split = split_;
    facts.learned_from = request_.learn_from_all ? labelled_ : split_.training;
    facts.training_rows = fit_.rows.table.size();
    facts.validation_rows = validation_rows_;
    facts.definition = &fit_.definition;
    facts.trainer = trainer_->name();
    facts.parameters = trainer_->parameters();
    facts.slices = slices_;
    facts.on_training_assets = on_training_;
    facts.model = onnx::parse_model(bundle_.model_onnx).value_or(onnx::Model{});
    facts.parity = parity_;
    facts.importance = fit_.model->importance(fit_.definition.size()).value_or(std::vector<double>{});
    facts.golden_rows = golden_rows_;
    return facts;
  }

  const TrainingRequest& request_;
  DataSource& source_;
  const TrainingProgress& progress_;
  const UseCase::Label& label_;
  ModelBundle bundle_;
  History history_;
  std::vector<std::size_t> labelled_;  ///< assets with at least one life whose end is known
  Split split_;
  double cap_ = 0;
  Fit fit_;
  std::unique_ptr<Trainer> trainer_;
  std::size_t validation_rows_ = 0;
  std::map<std::string, Metrics> slices_;
  Metrics on_training_;
  std::map<std::string, double> parity_;
  std::size_t golden_rows_ = 0;
};

}  // namespace

Result<void> check_command_allowed(const UseCase& use_case, bool allow_command) {
  if (use_case.model.trainer.kind != "command" || allow_command) return {};
  return fail(ErrorCode::permission_denied,
              "model.trainer.command: this platform runs no training commands; whoever operates it can allow them with "
              "`training: {allow_command: true}` in its configuration, or use the trainer `gbdt`");
}

bool ModelBundle::gates_passed() const {
  return std::ranges::all_of(gates, [](const GateResult& gate) { return gate.passed; });
}

Result<ModelBundle> train(const TrainingRequest& request, DataSource& source, const TrainingProgress& progress) {
  return Run(request, source, progress).execute();
}

}  // namespace millrace
