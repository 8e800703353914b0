#pragma once

#include "base/result.hpp"
#include "training/data_source.hpp"
#include "training/evaluation.hpp"
#include "training/trainer.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace millrace {

struct TrainingRequest {
  UseCase use_case;
  std::string use_case_version;  ///< recorded in the manifest
  std::string model_version;     ///< "<use case>/<n>", recorded in the manifest
  std::uint64_t seed = 1;        ///< of the split, the regimes and the trainer
  TimeUs now_us = 0;             ///< recorded as the time of creation
  std::string code_commit;       ///< of the build that trains
  std::uint32_t golden_rows = 64;
  /// The gates are measured on a twin that has not seen the validation assets; the model itself then learns from all
  /// assets that have a label (failures are rare, none should be wasted). False: the twin itself is the model.
  bool learn_from_all = true;
  /// Whether `model.trainer: {command: ...}` may run a program with the rights of this process.
  bool allow_command = false;
  std::int64_t command_limit_us = 3600ll * 1'000'000;  ///< such a program is stopped when it runs longer
  std::uint32_t threads = 2;
};

/// `permission_denied` when the use case trains by a command and the platform does not allow that; names the key that
/// would.
Result<void> check_command_allowed(const UseCase& use_case, bool allow_command);

/// A limit of the use case and what was measured on assets that the model has not seen.
struct GateResult {
  std::string name;
  std::string limit;  ///< "<= 15"
  double value = 0;
  bool passed = false;
};

/// A model with all that an edge needs to check it and all that an auditor needs to trace it. The four files are what
/// is stored and delivered, each by its SHA-256.
struct ModelBundle {
  std::string model_onnx;
  std::string golden_json;
  std::string features_json;
  std::string manifest_json;
  std::string dataset_sha256;
  std::size_t dataset_rows = 0;
  Metrics validation;  ///< on the assets kept out; `rows` is 0 when none were
  std::vector<GateResult> gates;
  [[nodiscard]] bool gates_passed() const;
};

/// Reads the history, makes the rows with the edge's own feature code, splits by asset, trains, evaluates, learns from
/// all, exports and checks the export against the trainer. A failed gate is no error: the bundle says so. Blocking,
/// seconds to minutes: call it from a worker. The same request on the same data gives the same model bytes.
///   invalid_argument     no life in the data ended as the label asks, or the use case asks for what cannot be trained
///   failed_precondition  the exported model differs from the trainer's by more than the tolerance
///   unavailable          `progress` returned false
Result<ModelBundle> train(const TrainingRequest& request, DataSource& source, const TrainingProgress& progress = {});

}  // namespace millrace
