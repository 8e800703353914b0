#include "inference/engine.hpp"

#include <fmt/format.h>
#include <onnxruntime_cxx_api.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace millrace {
namespace {

constexpr std::size_t batch_limit = 64;  ///< larger batches run in parts; a row costs no less beyond it

/// One environment per process: it owns the library's logging. Only errors are logged; they also come back as values.
Ort::Env& environment() {
  static Ort::Env env(ORT_LOGGING_LEVEL_ERROR, "millrace");
  return env;
}

/// The arena would keep the largest batch's memory for ever and pre-allocate (onnxruntime issue 11627); the memory
/// pattern is planned per input shape, of which there are few here. Threads would cost more than a tree ensemble takes.
Ort::SessionOptions options() {
  Ort::SessionOptions options;
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.DisableCpuMemArena();
  options.DisableMemPattern();
  options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  options.AddConfigEntry("session.use_device_allocator_for_initializers", "1");
  return options;
}

class OnnxRuntimeEngine final : public Engine {
 public:
  explicit OnnxRuntimeEngine(std::string_view bytes)
      : session_(environment(), bytes.data(), bytes.size(), options()),
        memory_(Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeDefault)) {}

  Result<void> prepare() {
    if (session_.GetInputCount() != 1 || session_.GetOutputCount() != 1) {
      return fail(ErrorCode::failed_precondition,
                  fmt::format("the model has {} inputs and {} outputs; one of each is needed", session_.GetInputCount(),
                              session_.GetOutputCount()));
    }
    TRY_ASSIGN(features_, columns(session_.GetInputTypeInfo(0), "input"));
    TRY_ASSIGN(outputs_, columns(session_.GetOutputTypeInfo(0), "output"));
    Ort::AllocatorWithDefaultOptions allocator;
    input_name_ = session_.GetInputNameAllocated(0, allocator).get();
    output_name_ = session_.GetOutputNameAllocated(0, allocator).get();
    input_.resize(batch_limit * features_);
    output_.resize(batch_limit * outputs_);
    return run_part(input_.data(), output_.data(), 1);  // what is lazy inside the library happens now
  }

  [[nodiscard]] std::size_t features() const override { return features_; }
  [[nodiscard]] std::size_t outputs() const override { return outputs_; }
  [[nodiscard]] std::string name() const override { return "onnxruntime"; }

  Result<void> run(std::span<const float> rows, std::span<float> outputs) override {
    const std::size_t count = outputs.size() / outputs_;
    if (outputs.size() % outputs_ != 0 || rows.size() != count * features_) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} numbers in and {} out are not rows of {} features and {} outputs", rows.size(),
                              outputs.size(), features_, outputs_));
    }
    for (std::size_t done = 0; done < count; done += batch_limit) {
      const std::size_t part = std::min(batch_limit, count - done);
      TRY(run_part(rows.data() + done * features_, outputs.data() + done * outputs_, part));
    }
    return {};
  }

 private:
  /// Buffers bound once per row count: a run copies a row in and its answer out, nothing else.
  struct Bound {
    Ort::Value input{nullptr};
    Ort::Value output{nullptr};
    Ort::IoBinding binding{nullptr};
  };

  static Result<std::size_t> columns(const Ort::TypeInfo& type, std::string_view what) {
    if (type.GetONNXType() == ONNX_TYPE_TENSOR) {
      const auto tensor = type.GetTensorTypeAndShapeInfo();
      const auto shape = tensor.GetShape();
      if (tensor.GetElementType() == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && shape.size() == 2 && shape[1] > 0) {
        return static_cast<std::size_t>(shape[1]);
      }
    }
    return fail(ErrorCode::failed_precondition, fmt::format("the model's {} must be float32 of shape [rows, n]", what));
  }

  Bound& bound(std::size_t rows) {
    auto& slot = bound_[rows - 1];
    if (!slot) {
      const std::array<std::int64_t, 2> input_shape = {static_cast<std::int64_t>(rows),
                                                       static_cast<std::int64_t>(features_)};
      const std::array<std::int64_t, 2> output_shape = {static_cast<std::int64_t>(rows),
                                                        static_cast<std::int64_t>(outputs_)};
      slot.emplace();
      slot->input = Ort::Value::CreateTensor<float>(memory_, input_.data(), rows * features_, input_shape.data(), 2);
      slot->output = Ort::Value::CreateTensor<float>(memory_, output_.data(), rows * outputs_, output_shape.data(), 2);
      slot->binding = Ort::IoBinding(session_);
      slot->binding.BindInput(input_name_.c_str(), slot->input);
      slot->binding.BindOutput(output_name_.c_str(), slot->output);
    }
    return *slot;
  }

  Result<void> run_part(const float* rows, float* outputs, std::size_t count) {
    try {
      Bound& part = bound(count);
      if (rows != input_.data()) std::memcpy(input_.data(), rows, count * features_ * sizeof(float));
      session_.Run(run_options_, part.binding);
      if (outputs != output_.data()) std::memcpy(outputs, output_.data(), count * outputs_ * sizeof(float));
      return {};
    } catch (const Ort::Exception& error) {
      return fail(ErrorCode::internal, fmt::format("ONNX Runtime: {}", error.what()));
    }
  }

  Ort::Session session_;
  Ort::MemoryInfo memory_;
  Ort::RunOptions run_options_;
  std::string input_name_;
  std::string output_name_;
  std::size_t features_ = 0;
  std::size_t outputs_ = 0;
  std::vector<float> input_;
  std::vector<float> output_;
  std::array<std::optional<Bound>, batch_limit> bound_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_onnxruntime_engine(std::string_view onnx_bytes) {
  try {
    auto engine = std::make_unique<OnnxRuntimeEngine>(onnx_bytes);
    TRY(engine->prepare());
    return engine;
  } catch (const Ort::Exception& error) {
    return fail(ErrorCode::failed_precondition, fmt::format("ONNX Runtime refuses the model: {}", error.what()));
  }
}

}  // namespace millrace
