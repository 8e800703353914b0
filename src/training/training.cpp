#include "training/training.hpp"

#include "base/file.hpp"
#include "inference/engine.hpp"
#include "onnx/model.hpp"
#include "training/dataset.hpp"
#include "training/manifest.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <memory>

namespace millrace {
namespace {

constexpr double default_tolerance = 1e-5;

/// One run, step by step; each step leaves its results in members for the next and for the manifest.
class Run {
 public:
  Run(const TrainingRequest& request, DataSource& source, const TrainingProgress& progress)
      : request_(request), source_(source), progress_(progress) {}

  Result<ModelBundle> execute() {
    TRY(check_request());
    TRY(tell(0.0, "reading the history"));
    TRY(read());
    TRY(tell(0.1, fmt::format("{} rows of {} assets; computing features", history_.rows(), history_.assets.size())));
    TRY(prepare());
    TRY(tell(0.25, fmt::format("training on {} rows of {} assets", training_.table.size(), split_.training.size())));
    TRY(fit());
    TRY(tell(0.92, "checking the exported model"));
    TRY(check_export());
    measure();
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
      return fail(ErrorCode::invalid_argument, fmt::format("model.task: '{}' cannot be trained yet; use regression", model.task));
    }
    if (model.label.kind != "remaining_useful_life") {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("model.label: '{}' cannot be trained yet; use remaining_useful_life", model.label.kind));
    }
    if (model.trainer.kind != "gbdt") {
      return fail(ErrorCode::invalid_argument, fmt::format("model.trainer: '{}' is not built in; use gbdt", model.trainer.kind));
    }
    return {};
  }

  Result<void> read() {
    TRY_ASSIGN(definition_, compile_features(request_.use_case));
    TRY_ASSIGN(history_, read_history(definition_.layout, source_));
    std::vector<std::size_t> labelled;
    for (const auto& life : history_.lives) {
      const bool known = !std::isnan(remaining_life(history_, life, life.end - 1, request_.use_case.model.label.until));
      if (known && (labelled.empty() || labelled.back() != life.asset)) labelled.push_back(life.asset);
    }
    if (labelled.empty()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("none of the {} assets has a life that ended with '{}': import the maintenance log first",
                              history_.assets.size(), request_.use_case.model.label.until));
    }
    split_ = split_by_asset(labelled, request_.use_case.model.validation, request_.seed);
    bundle_.dataset_sha256 = history_.sha256();
    bundle_.dataset_rows = history_.rows();
    return {};
  }

  Result<void> prepare() {
    const auto& features = request_.use_case.features;
    const auto& label = request_.use_case.model.label;
    const std::vector<double> rows = labelled_rows(history_, split_.training, label.until);
    std::uint32_t regimes = features.regimes.clusters;
    if (regimes == 0) {
      TRY_ASSIGN(regimes, find_regimes(definition_, rows, request_.seed));
    }
    TRY(fit_normalisation(definition_, rows, regimes, features.drop_constant, request_.seed));
    bundle_.features_json = to_json(definition_);
    cap_ = label.cap.value_or(0);
    training_ = make_dataset(history_, definition_, split_.training, {label.until, cap_, label_horizon * cap_});
    validation_ = make_dataset(history_, definition_, split_.validation, {label.until, cap_, 0});
    if (training_.table.size() == 0) return fail(ErrorCode::invalid_argument, "no row of the history has a known label");
    return {};
  }

  Result<void> fit() {
    const auto& trainer = request_.use_case.model.trainer;
    trainer_ = make_xgboost_trainer({.rounds = trainer.rounds,
                                     .depth = trainer.depth,
                                     .learning_rate = trainer.learning_rate,
                                     .row_fraction = trainer.row_fraction,
                                     .column_fraction = trainer.column_fraction,
                                     .minimum_child_weight = trainer.minimum_child_weight,
                                     .threads = request_.threads});
    const auto part = [this](double fraction, const std::string& message) {
      return !progress_ || progress_(0.25 + 0.67 * fraction, message);
    };
    TRY_ASSIGN(model_, trainer_->train(training_.table, validation_.table, request_.seed, part));
    TRY_ASSIGN(bundle_.model_onnx, model_->to_onnx());
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

  /// Every row through both engines: what the edge will answer is what the trainer answered.
  Result<void> check_export() {
    TRY_ASSIGN(predicted_training_, model_->predict(training_.table.rows, training_.table.features));
    if (validation_.table.size() > 0) {
      TRY_ASSIGN(predicted_validation_, model_->predict(validation_.table.rows, validation_.table.features));
    }
    for (const auto make : {make_onnxruntime_engine, make_tree_engine}) {
      TRY_ASSIGN(const auto engine, make(bundle_.model_onnx));
      TRY_ASSIGN(double largest, difference(*engine, training_.table, predicted_training_));
      if (validation_.table.size() > 0) {
        TRY_ASSIGN(const double other, difference(*engine, validation_.table, predicted_validation_));
        largest = std::max(largest, other);
      }
      parity_[engine->name()] = largest;
    }
    make_golden();
    return {};
  }

  /// Rows spread evenly over what was kept out (else over what was learned), with the trainer's own answers.
  void make_golden() {
    const bool kept_out = validation_.table.size() > 0;
    const TrainingTable& table = kept_out ? validation_.table : training_.table;
    const auto& answers = kept_out ? predicted_validation_ : predicted_training_;
    golden_.features = table.features;
    golden_.tolerance = default_tolerance;
    const std::size_t count = std::min<std::size_t>(std::max(1U, request_.golden_rows), table.size());
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t at = k * table.size() / count;
      const auto row = table.row(at);
      golden_.inputs.insert(golden_.inputs.end(), row.begin(), row.end());
      golden_.outputs.push_back(answers[at]);
    }
    bundle_.golden_json = to_json(golden_);
  }

  void measure() {
    bundle_.validation = evaluate(predicted_validation_, validation_.labels_uncapped, cap_);
    for (const auto& gate : request_.use_case.model.gates) {
      GateResult result{.name = gate.name, .limit = to_string(gate.limit), .value = value_of(gate.name)};
      result.passed = !std::isnan(result.value) && gate.limit.holds(result.value);
      bundle_.gates.push_back(result);
    }
    // The edge refuses a model that differs from its trainer, so this gate always stands.
    if (std::ranges::none_of(bundle_.gates, [](const GateResult& gate) { return gate.name == "parity_with_trainer"; })) {
      const double value = value_of("parity_with_trainer");
      bundle_.gates.push_back({"parity_with_trainer", fmt::format("<= {}", default_tolerance), value, value <= default_tolerance});
    }
  }

  /// NaN for a gate that cannot be measured: it then fails.
  [[nodiscard]] double value_of(const std::string& gate) const {
    if (gate == "parity_with_trainer") {
      double largest = 0;
      for (const auto& [engine, value] : parity_) largest = std::max(largest, value);
      return largest;
    }
    if (gate == "rows") return static_cast<double>(training_.table.size());
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
    facts.training_rows = training_.table.size();
    facts.validation_rows = validation_.table.size();
    facts.definition = &definition_;
    facts.trainer = trainer_->name();
    facts.parameters = trainer_->parameters();
    facts.slices = evaluate_slices(predicted_validation_, validation_.labels_uncapped, cap_);
    facts.on_training_rows = evaluate(predicted_training_, training_.labels_uncapped, cap_);
    facts.model = onnx::parse_model(bundle_.model_onnx).value_or(onnx::Model{});
    facts.parity = parity_;
    facts.importance = model_->importance(definition_.size()).value_or(std::vector<double>{});
    facts.golden_rows = golden_.outputs.size();
    return facts;
  }

  const TrainingRequest& request_;
  DataSource& source_;
  const TrainingProgress& progress_;
  ModelBundle bundle_;
  FeatureDefinition definition_;
  History history_;
  Split split_;
  double cap_ = 0;
  Dataset training_;
  Dataset validation_;
  std::unique_ptr<Trainer> trainer_;
  std::unique_ptr<TrainedModel> model_;
  std::vector<float> predicted_training_;
  std::vector<float> predicted_validation_;
  std::map<std::string, double> parity_;
  GoldenVectors golden_;
};

}  // namespace

bool ModelBundle::gates_passed() const {
  return std::ranges::all_of(gates, [](const GateResult& gate) { return gate.passed; });
}

Result<ModelBundle> train(const TrainingRequest& request, DataSource& source, const TrainingProgress& progress) {
  return Run(request, source, progress).execute();
}

Result<void> write_bundle(const ModelBundle& bundle, const std::filesystem::path& folder) {
  TRY(write_file(folder / "model.onnx", bundle.model_onnx));
  TRY(write_file(folder / "golden.json", bundle.golden_json));
  TRY(write_file(folder / "features.json", bundle.features_json));
  return write_file(folder / "manifest.json", bundle.manifest_json);
}

}  // namespace millrace
