#include "onnx/model.hpp"
#include "training/trainer.hpp"
#include "training/xgboost/model_json.hpp"

#include <fmt/format.h>
#include <xgboost/c_api.h>
#include <cmath>
#include <limits>
#include <numeric>

namespace millrace {
namespace {

std::string version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  XGBoostVersion(&major, &minor, &patch);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

/// Every call of the C library gives 0 or leaves a message per thread.
Result<void> check(int status, std::string_view doing) {
  if (status == 0) return {};
  return fail(ErrorCode::internal, fmt::format("XGBoost, {}: {}", doing, XGBGetLastError()));
}

/// The library writes to stderr unless told otherwise; what matters comes back as an error.
void silence() {
  static const int registered = XGBRegisterLogCallback([](const char*) {});
  static_cast<void>(registered);
}

class Matrix {
 public:
  Matrix() = default;
  ~Matrix() {
    if (handle_ != nullptr) XGDMatrixFree(handle_);
  }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  Result<void> load(std::span<const float> rows, std::size_t features) {
    return check(XGDMatrixCreateFromMat(rows.data(), rows.size() / features, features,
                                        std::numeric_limits<float>::quiet_NaN(), &handle_),
                 "loading rows");
  }
  Result<void> set_labels(std::span<const float> labels) {
    return check(XGDMatrixSetFloatInfo(handle_, "label", labels.data(), labels.size()), "setting labels");
  }
  [[nodiscard]] DMatrixHandle get() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

class XgboostModel final : public TrainedModel {
 public:
  XgboostModel() = default;
  ~XgboostModel() override {
    if (handle_ != nullptr) XGBoosterFree(handle_);
  }
  XgboostModel(const XgboostModel&) = delete;
  XgboostModel& operator=(const XgboostModel&) = delete;

  Result<std::string> to_onnx() const override {
    TRY_ASSIGN(const onnx::TreeEnsemble ensemble, ensemble_of());
    onnx::Model model = onnx::to_model(ensemble);
    model.metadata["trainer"] = "xgboost " + version();
    return onnx::to_bytes(model);
  }

  Result<std::vector<float>> predict(std::span<const float> rows, std::size_t features) const override {
    Matrix matrix;
    TRY(matrix.load(rows, features));
    const std::string config = fmt::format(
        R"({{"type":0,"training":false,"iteration_begin":0,"iteration_end":{},"strict_shape":false}})", rounds_);
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* result = nullptr;
    TRY(check(XGBoosterPredictFromDMatrix(handle_, matrix.get(), config.c_str(), &shape, &dimensions, &result),
              "predicting"));
    bst_ulong count = dimensions > 0 ? 1 : 0;
    for (bst_ulong k = 0; k < dimensions; ++k) count *= shape[k];
    return std::vector<float>(result, result + count);
  }

  Result<std::vector<double>> importance(std::size_t features) const override {
    bst_ulong count = 0;
    const char** names = nullptr;
    bst_ulong dimensions = 0;
    const bst_ulong* shape = nullptr;
    const float* scores = nullptr;
    TRY(check(XGBoosterFeatureScore(handle_, R"({"importance_type":"total_gain"})", &count, &names, &dimensions, &shape,
                                    &scores),
              "reading the importance of features"));
    std::vector<double> result(features, 0);
    for (bst_ulong k = 0; k < count; ++k) {  // unnamed features are called f0, f1, ...
      const std::size_t index = std::strtoul(names[k] + 1, nullptr, 10);
      if (index < features) result[index] = scores[k];
    }
    const double sum = std::accumulate(result.begin(), result.end(), 0.0);
    if (sum > 0) {
      for (auto& value : result) value /= sum;
    }
    return result;
  }

  Result<void> create(const Matrix& table, const std::vector<std::pair<std::string, std::string>>& parameters) {
    DMatrixHandle handle = table.get();
    TRY(check(XGBoosterCreate(&handle, 1, &handle_), "creating a model"));
    for (const auto& [name, value] : parameters) {
      TRY(check(XGBoosterSetParam(handle_, name.c_str(), value.c_str()), name));
    }
    return {};
  }
  Result<void> add_round(const Matrix& table, std::size_t round) {
    rounds_ = round + 1;
    return check(XGBoosterUpdateOneIter(handle_, static_cast<int>(round), table.get()), "training");
  }
  /// "[12]\tvalidation-rmse:14.25": the number behind the last colon.
  Result<double> validation_error(const Matrix& validation, std::size_t round) {
    DMatrixHandle handle = validation.get();
    const char* name = "validation";
    const char* text = nullptr;
    TRY(check(XGBoosterEvalOneIter(handle_, static_cast<int>(round), &handle, &name, 1, &text), "validating"));
    const std::string line = text;
    return std::strtod(line.c_str() + line.rfind(':') + 1, nullptr);
  }
  void keep_rounds(std::size_t rounds) { rounds_ = rounds; }

 private:
  Result<onnx::TreeEnsemble> ensemble_of() const {
    bst_ulong length = 0;
    const char* bytes = nullptr;
    TRY(check(XGBoosterSaveModelToBuffer(handle_, R"({"format":"json"})", &length, &bytes), "saving the model"));
    return read_xgboost_model(std::string_view(bytes, length), rounds_);
  }

  BoosterHandle handle_ = nullptr;
  std::size_t rounds_ = 0;
};

class XgboostTrainer final : public Trainer {
 public:
  explicit XgboostTrainer(const GbdtParameters& parameters) : parameters_(parameters) { silence(); }

  [[nodiscard]] std::string name() const override { return "xgboost " + version(); }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> parameters() const override {
    return {{"rounds", fmt::format("{}", parameters_.rounds)},
            {"early_stopping_rounds", fmt::format("{}", parameters_.early_stopping_rounds)},
            {"objective", "reg:squarederror"},
            {"tree_method", "hist"},
            {"max_depth", fmt::format("{}", parameters_.depth)},
            {"eta", fmt::format("{}", parameters_.learning_rate)},
            {"subsample", fmt::format("{}", parameters_.row_fraction)},
            {"colsample_bytree", fmt::format("{}", parameters_.column_fraction)},
            {"min_child_weight", fmt::format("{}", parameters_.minimum_child_weight)},
            {"max_bin", fmt::format("{}", parameters_.bins)},
            {"nthread", fmt::format("{}", parameters_.threads)}};
  }

  Result<std::unique_ptr<TrainedModel>> train(const TrainingTable& table, const TrainingTable& validation,
                                              std::uint64_t seed, const TrainingProgress& progress) override {
    if (table.size() == 0) return fail(ErrorCode::invalid_argument, "there are no rows to train on");
    Matrix rows;
    Matrix held_out;
    TRY(rows.load(table.rows, table.features));
    TRY(rows.set_labels(table.labels));
    if (validation.size() > 0) {
      TRY(held_out.load(validation.rows, validation.features));
      TRY(held_out.set_labels(validation.labels));
    }
    auto model = std::make_unique<XgboostModel>();
    TRY(model->create(rows, library_parameters(table, seed)));
    TRY(boost(*model, rows, held_out, validation.size() > 0, progress));
    return model;
  }

 private:
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> library_parameters(const TrainingTable& table,
                                                                                    std::uint64_t seed) const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& parameter : parameters()) {
      if (parameter.first != "rounds" && parameter.first != "early_stopping_rounds") out.push_back(parameter);
    }
    const double mean =
        std::accumulate(table.labels.begin(), table.labels.end(), 0.0) / static_cast<double>(table.size());
    out.emplace_back("base_score", fmt::format("{}", static_cast<float>(mean)));
    out.emplace_back("seed", fmt::format("{}", seed & 0x7FFFFFFFU));
    out.emplace_back("verbosity", "0");
    return out;
  }

  Result<void> boost(XgboostModel& model, const Matrix& rows, const Matrix& held_out, bool validates,
                     const TrainingProgress& progress) const {
    double best = std::numeric_limits<double>::infinity();
    std::size_t best_round = 0;
    for (std::size_t round = 0; round < parameters_.rounds; ++round) {
      TRY(model.add_round(rows, round));
      const bool stops = validates && parameters_.early_stopping_rounds > 0;
      const bool reports = progress && (round % 20 == 19 || round + 1 == parameters_.rounds);
      if (stops || (validates && reports)) {
        TRY_ASSIGN(const double error, model.validation_error(held_out, round));
        if (error < best) {
          best = error;
          best_round = round;
        }
      }
      if (reports && !progress(static_cast<double>(round + 1) / parameters_.rounds,
                               validates ? fmt::format("round {} of {}, validation RMSE {:.2f}", round + 1,
                                                       parameters_.rounds, best)
                                         : fmt::format("round {} of {}", round + 1, parameters_.rounds))) {
        return fail(ErrorCode::unavailable, "training was stopped");
      }
      if (stops && round - best_round >= parameters_.early_stopping_rounds) {
        model.keep_rounds(best_round + 1);
        break;
      }
    }
    return {};
  }

  GbdtParameters parameters_;
};

}  // namespace

std::unique_ptr<Trainer> make_xgboost_trainer(const GbdtParameters& parameters) {
  return std::make_unique<XgboostTrainer>(parameters);
}

}  // namespace millrace
