#include "base/file.hpp"
#include "inference/engine.hpp"
#include "onnx/model.hpp"
#include "training/command/child.hpp"
#include "training/command/parquet_writer.hpp"
#include "training/trainer.hpp"

#include <fmt/format.h>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace millrace {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t model_limit_bytes = 256u << 20;

/// A folder that nobody else may enter (mkdtemp: 0700) and that goes away with its owner.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "millrace-train-XXXXXX").string();
    if (mkdtemp(pattern.data()) != nullptr) path = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  fs::path path;
};

/// The command's file is all there is of it: its answers are those that ONNX Runtime gives.
class CommandModel final : public TrainedModel {
 public:
  CommandModel(std::string bytes, std::unique_ptr<Engine> engine)
      : bytes_(std::move(bytes)), engine_(std::move(engine)) {}
  Result<std::string> to_onnx() const override { return bytes_; }
  Result<std::vector<float>> predict(std::span<const float> rows, std::size_t features) const override {
    std::vector<float> outputs(rows.size() / features);
    TRY(engine_->run(rows, outputs));
    return outputs;
  }
  Result<std::vector<double>> importance(std::size_t /*features*/) const override { return std::vector<double>{}; }

 private:
  std::string bytes_;
  std::unique_ptr<Engine> engine_;
};

std::string table_bytes(const TrainingTable& table) {
  std::vector<FloatColumn> columns(table.features + 1);
  for (std::size_t column = 0; column < table.features; ++column) {
    columns[column].name = column < table.names.size() ? table.names[column] : fmt::format("f{}", column);
    for (std::size_t row = 0; row < table.size(); ++row) {
      columns[column].values.push_back(table.rows[row * table.features + column]);
    }
  }
  columns.back() = {"label", table.labels};
  return to_parquet(columns);
}

class CommandTrainer final : public Trainer {
 public:
  explicit CommandTrainer(CommandOptions options) : options_(std::move(options)) {}
  [[nodiscard]] std::string name() const override { return "command"; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> parameters() const override {
    return {{"command", options_.command}};
  }

  Result<std::unique_ptr<TrainedModel>> train(const TrainingTable& table, const TrainingTable& validation,
                                              std::uint64_t seed, const TrainingProgress& progress) override {
    if (table.size() == 0) return fail(ErrorCode::invalid_argument, "there are no rows to train on");
    const Scratch scratch;
    if (scratch.path.empty()) return fail(ErrorCode::exhausted, "no temporary folder for the training command");
    TRY(write_file(scratch.path / "train.parquet", table_bytes(table)));
    TRY(write_file(scratch.path / "validation.parquet", table_bytes(validation)));
    const fs::path model = scratch.path / "model.onnx";
    TRY(run_child({.command = options_.command,
                   .folder = scratch.path,
                   .environment = {"MILLRACE_TRAIN=" + (scratch.path / "train.parquet").string(),
                                   "MILLRACE_VALIDATION=" + (scratch.path / "validation.parquet").string(),
                                   "MILLRACE_MODEL=" + model.string(), "MILLRACE_SEED=" + std::to_string(seed)},
                   .time_limit_us = options_.time_limit_us},
                  [&](const std::string& line) {
                    return !progress || progress(0.5, line.empty() ? "the training command runs" : line);
                  }));
    TRY_ASSIGN(auto bytes, read_model(model));
    TRY_ASSIGN(auto engine, make_onnxruntime_engine(bytes));
    if (engine->features() != table.features || engine->outputs() != 1) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the training command's model takes {} features and gives {} outputs; {} and 1 belong",
                              engine->features(), engine->outputs(), table.features));
    }
    return std::make_unique<CommandModel>(std::move(bytes), std::move(engine));
  }

 private:
  static Result<std::string> read_model(const fs::path& file) {
    std::error_code absent;
    const auto size = fs::file_size(file, absent);
    if (absent) {
      return fail(ErrorCode::invalid_argument, "the training command ended well but wrote no model to $MILLRACE_MODEL");
    }
    if (size > model_limit_bytes) {
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("the training command's model has {} bytes; at most {} are taken", size, model_limit_bytes));
    }
    return read_file(file);
  }

  CommandOptions options_;
};

}  // namespace

std::unique_ptr<Trainer> make_command_trainer(CommandOptions options) {
  return std::make_unique<CommandTrainer>(std::move(options));
}

}  // namespace millrace
