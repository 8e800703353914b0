#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// `fraction` from 0 to 1. Called from the thread that trains. Returning false stops the training.
using TrainingProgress = std::function<bool(double fraction, const std::string& message)>;

/// Features row-major, NaN for missing; one label a row.
struct TrainingTable {
  std::size_t features = 0;
  std::vector<float> rows;
  std::vector<float> labels;
  std::vector<std::string> names = {};  ///< of the features; may be empty
  [[nodiscard]] std::size_t size() const { return labels.size(); }
  [[nodiscard]] std::span<const float> row(std::size_t k) const { return {rows.data() + k * features, features}; }
};

/// What a trainer gives back: the model as ONNX bytes, and the framework's own predictions to hold it against.
class TrainedModel {
 public:
  virtual ~TrainedModel() = default;
  virtual Result<std::string> to_onnx() const = 0;
  /// The training framework's answers, not those of the exported model.
  virtual Result<std::vector<float>> predict(std::span<const float> rows, std::size_t features) const = 0;
  /// Summed gain per feature, normalised to 1; empty when the trainer does not know.
  virtual Result<std::vector<double>> importance(std::size_t features) const = 0;
};

class Trainer {
 public:
  virtual ~Trainer() = default;
  /// `validation` may be empty; it is measured, and chooses the number of rounds only where the parameters say so.
  virtual Result<std::unique_ptr<TrainedModel>> train(const TrainingTable& table, const TrainingTable& validation,
                                                      std::uint64_t seed, const TrainingProgress& progress) = 0;
  /// "xgboost 1.7.4" and its parameters, for the manifest.
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> parameters() const = 0;
};

/// Gradient-boosted trees, as recipes name them.
struct GbdtParameters {
  std::uint32_t rounds = 400;
  std::uint32_t depth = 5;
  double learning_rate = 0.03;
  double row_fraction = 0.7;
  double column_fraction = 0.4;
  double minimum_child_weight = 20;
  std::uint32_t bins = 128;
  std::uint32_t early_stopping_rounds = 0;  ///< stop when validation has not improved for so many rounds; 0: never
  std::uint32_t threads = 2;                ///< the same number gives the same bits
};

/// XGBoost's C library. Deterministic for a seed, its inputs and the thread count.
std::unique_ptr<Trainer> make_xgboost_trainer(const GbdtParameters& parameters);

struct CommandOptions {
  std::string command;
  std::int64_t time_limit_us = 3600ll * 1'000'000;
};

/// The user's own program, run by /bin/sh as the user of this process (see command/child.hpp for what it is kept from):
/// reads the Parquet files $MILLRACE_TRAIN and $MILLRACE_VALIDATION (float32 columns: the features by name, and
/// `label`; NaN is missing), may use $MILLRACE_SEED, writes ONNX to $MILLRACE_MODEL (float32 [rows, features] in,
/// [rows, 1] out; 256 MiB at most). Its newest line of output is the progress. Its model's answers are those of ONNX
/// Runtime: what the program itself would have answered is not known here.
std::unique_ptr<Trainer> make_command_trainer(CommandOptions options);

}  // namespace millrace
