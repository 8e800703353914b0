#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "inference/engine.hpp"
#include "onnx/model.hpp"
#include "training/command/parquet_writer.hpp"
#include "training/trainer.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away with its owner.
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

/// A child in a process group of its own, with its output in a pipe.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) {
      kill(-pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    if (output_ >= 0) close(output_);
  }

  Result<void> start(const std::string& command, const std::vector<std::string>& environment) {
    std::array<int, 2> pipe_ends{};
    if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return fail(ErrorCode::exhausted, "no pipe for the training command");
    output_ = pipe_ends[0];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    std::string shell = "/bin/sh", option = "-c", text = command;
    std::array<char*, 4> arguments = {shell.data(), option.data(), text.data(), nullptr};
    std::vector<char*> variables;
    for (const auto& variable : environment) variables.push_back(const_cast<char*>(variable.c_str()));
    for (char** inherited = environ; *inherited != nullptr; ++inherited) variables.push_back(*inherited);
    variables.push_back(nullptr);
    const int error = posix_spawn(&pid_, "/bin/sh", &actions, &attributes, arguments.data(), variables.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(pipe_ends[1]);
    if (error != 0) {
      pid_ = -1;
      return fail(ErrorCode::internal, fmt::format("the training command does not start: {}", std::strerror(error)));
    }
    return {};
  }

  /// Hands each line of output to `line`, and an empty one every fifth of a second; false from it stops the command.
  template <typename Line>
  Result<void> follow(Line line) {
    std::string rest;
    std::array<char, 4096> block{};
    while (true) {
      pollfd waiting{output_, POLLIN, 0};
      const int ready = poll(&waiting, 1, 200);
      if (ready < 0 && errno != EINTR) return fail(ErrorCode::internal, "the training command's output is lost");
      if (ready <= 0) {
        if (!line("")) return fail(ErrorCode::unavailable, "training was stopped");
        continue;
      }
      const ssize_t count = read(output_, block.data(), block.size());
      if (count <= 0) break;
      rest.append(block.data(), static_cast<std::size_t>(count));
      for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
        last_line_ = rest.substr(0, end);
        rest.erase(0, end + 1);
        if (!line(last_line_)) return fail(ErrorCode::unavailable, "training was stopped");
      }
    }
    if (!rest.empty()) last_line_ = rest;
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    const std::string how = WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status))
                                              : fmt::format("signal {}", WTERMSIG(status));
    return fail(ErrorCode::invalid_argument, fmt::format("the training command ended with {}: {}", how, last_line_));
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string last_line_;
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
  explicit CommandTrainer(std::string command) : command_(std::move(command)) {}
  [[nodiscard]] std::string name() const override { return "command"; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> parameters() const override {
    return {{"command", command_}};
  }

  Result<std::unique_ptr<TrainedModel>> train(const TrainingTable& table, const TrainingTable& validation,
                                              std::uint64_t seed, const TrainingProgress& progress) override {
    if (table.size() == 0) return fail(ErrorCode::invalid_argument, "there are no rows to train on");
    const Scratch scratch;
    if (scratch.path.empty()) return fail(ErrorCode::exhausted, "no temporary folder for the training command");
    TRY(write_file(scratch.path / "train.parquet", table_bytes(table)));
    TRY(write_file(scratch.path / "validation.parquet", table_bytes(validation)));
    const fs::path model = scratch.path / "model.onnx";
    Child child;
    TRY(child.start(command_, {"MILLRACE_TRAIN=" + (scratch.path / "train.parquet").string(),
                               "MILLRACE_VALIDATION=" + (scratch.path / "validation.parquet").string(),
                               "MILLRACE_MODEL=" + model.string(), "MILLRACE_SEED=" + std::to_string(seed)}));
    TRY(child.follow([&](const std::string& line) {
      return !progress || progress(0.5, line.empty() ? "the training command runs" : line);
    }));
    auto bytes = read_file(model);
    if (!bytes) {
      return fail(ErrorCode::invalid_argument, "the training command ended well but wrote no model to $MILLRACE_MODEL");
    }
    TRY_ASSIGN(auto engine, make_onnxruntime_engine(*bytes));
    if (engine->features() != table.features || engine->outputs() != 1) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the training command's model takes {} features and gives {} outputs; {} and 1 belong",
                              engine->features(), engine->outputs(), table.features));
    }
    return std::make_unique<CommandModel>(std::move(*bytes), std::move(engine));
  }

 private:
  std::string command_;
};

}  // namespace

std::unique_ptr<Trainer> make_command_trainer(const std::string& command) {
  return std::make_unique<CommandTrainer>(command);
}

}  // namespace millrace
