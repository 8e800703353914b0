// A model from outside is refused or runs: the edge reads it before anything else has checked it. Golden vectors
// likewise.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "inference/engine.hpp"
#include "onnx/model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto model = millrace::onnx::parse_model(bytes)) {
    if (!millrace::onnx::parse_model(millrace::onnx::to_bytes(*model))) std::abort();
  }
  if (auto engine = millrace::make_tree_engine(bytes)) {
    const std::vector<float> row((*engine)->features(), 0.5F);
    float output = 0;
    if (!(*engine)->run(row, std::span(&output, 1))) std::abort();
  }
  if (const auto golden = millrace::parse_golden_vectors(bytes)) {
    if (golden->inputs.size() != golden->outputs.size() * golden->features) std::abort();
  }
  return 0;
}
