#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace millrace {

/// A loaded model: `rows` x `features()` floats in (row-major), `rows` x `outputs()` floats out. Never allocates or
/// locks in `run` once warm. Not thread-safe: one engine, one thread.
class Engine {
 public:
  virtual ~Engine() = default;
  [[nodiscard]] virtual std::size_t features() const = 0;
  [[nodiscard]] virtual std::size_t outputs() const = 0;
  virtual Result<void> run(std::span<const float> rows, std::span<float> outputs) = 0;
  [[nodiscard]] virtual std::string name() const = 0;  ///< "onnxruntime" or "trees"
};

/// Rows with the trainer's own answers: what the engine must reproduce on the device before it may decide.
struct GoldenVectors {
  std::size_t features = 0;
  std::vector<float> inputs;   ///< rows x features
  std::vector<float> outputs;  ///< one per row
  double tolerance = 1e-5;     ///< absolute, or relative to outputs above 1
};
Result<GoldenVectors> parse_golden_vectors(std::string_view json);
std::string to_json(const GoldenVectors& golden);
/// `failed_precondition` names the first row that differs, both values and the tolerance.
Result<void> check_golden_vectors(Engine& engine, const GoldenVectors& golden);

/// ONNX Runtime, one thread, arena off, buffers bound once (docs: inference/onnxruntime).
Result<std::unique_ptr<Engine>> make_onnxruntime_engine(std::string_view onnx_bytes);
/// Own kernel for ONNX-ML tree ensembles; `failed_precondition` when the model is anything else.
Result<std::unique_ptr<Engine>> make_tree_engine(std::string_view onnx_bytes);

}  // namespace millrace
