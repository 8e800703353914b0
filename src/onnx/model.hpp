#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::onnx {

/// The part of onnx.proto (github.com/onnx/onnx, IR.md) that models of node attributes need: no tensors, no subgraphs.
/// Unknown fields are skipped when read; so a file with weights can be inspected here but not written back.
struct Attribute {
  enum class Kind : std::uint8_t { none = 0, real = 1, integer = 2, string = 3, reals = 6, integers = 7, strings = 8 };
  std::string name;
  Kind kind = Kind::none;
  float real = 0;
  std::int64_t integer = 0;
  std::string string;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::vector<std::string> strings;
};

struct Node {
  std::string op_type;
  std::string domain;  ///< "" is the default ONNX domain
  std::string name;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<Attribute> attributes;
  [[nodiscard]] const Attribute* find(std::string_view attribute) const;  ///< nullptr when absent
};

/// A tensor that goes in or out. Dimension -1 is one that varies (the row count).
struct Value {
  std::string name;
  int element_type = 1;  ///< TensorProto.DataType; 1 is float32
  std::vector<std::int64_t> dimensions;
};

struct Model {
  std::int64_t ir_version = 8;
  std::map<std::string, std::int64_t> opsets;  ///< domain -> version
  std::string producer_name;
  std::string producer_version;
  std::map<std::string, std::string> metadata;
  std::string graph_name;
  std::vector<Node> nodes;
  std::vector<Value> inputs;
  std::vector<Value> outputs;

  /// "domain:OpType", sorted, each once: what a device's engine must know.
  [[nodiscard]] std::vector<std::string> operators() const;
};

/// `corrupt` when the bytes are not an ONNX model. Copies what it keeps.
Result<Model> parse_model(std::string_view bytes);
/// The same bytes for the same model, always: models are addressed by their hash.
std::string to_bytes(const Model& model);

}  // namespace millrace::onnx
