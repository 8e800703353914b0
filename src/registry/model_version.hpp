#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The life of a model version: made as a candidate, or as refused when a gate failed; approved by a person, which puts
/// it on the devices; retired when a later version takes its place. At most one version of a use case is approved.
enum class ModelState { candidate, refused, approved, retired };
std::string_view to_string(ModelState state);
Result<ModelState> parse_model_state(std::string_view text);

/// A number that a model must keep to before anybody may approve it.
struct ModelGate {
  std::string name;        ///< "rmse"
  std::string comparison;  ///< "<=", ">=", "<", ">"
  double limit = 0;
  std::optional<double> value;
  bool passed = false;
};

struct ModelMetric {
  std::string name;
  double value = 0;
};

/// The training set, so that it can be read again: a version of the lake, the number of rows, and the hash of what was
/// read.
struct DatasetManifest {
  std::uint64_t snapshot = 0;
  std::uint64_t rows = 0;
  std::uint64_t assets = 0;
  std::string sha256;
};

/// A file of the model's bundle, by content.
struct ModelFile {
  std::string name;  ///< "model.onnx"
  std::string sha256;
  std::uint64_t size = 0;
};

/// Who put a version on the devices.
struct Approval {
  std::string by;            ///< who acted: the caller that the platform recognised; empty until approved
  std::string on_behalf_of;  ///< the use case's owner then; may be empty
  std::string comment;
  TimeUs time_us = 0;
};

struct ModelVersion {
  std::string use_case;
  std::int64_t number = 0;  ///< from 1 within the use case
  ModelState state = ModelState::candidate;
  std::int64_t use_case_version = 0;  ///< that it was trained for
  TimeUs created_us = 0;
  std::string code_commit;  ///< of the binary that trained it
  DatasetManifest dataset;
  std::vector<ModelMetric> metrics;
  std::vector<ModelGate> gates;
  std::vector<ModelFile> files;
  Approval approval;

  [[nodiscard]] std::string name() const {
    return use_case + "/" + std::to_string(number);
  }  ///< "turbofan-maintenance/3"
};

/// What a version must have before it may become active: all gates passed, a dataset manifest, a code commit, an
/// approver, a model file (invariant d). `failed_precondition` names the first that is missing; `invalid_argument` an
/// empty approver.
Result<void> may_be_approved(const ModelVersion& model, std::string_view approver);

/// "turbofan-maintenance/3" -> its two parts; `invalid_argument` otherwise.
struct ModelName {
  std::string use_case;
  std::int64_t number = 0;
};
Result<ModelName> parse_model_name(std::string_view name);

}  // namespace millrace
