#include "onnx/model.hpp"

#include "onnx/wire.hpp"

#include <algorithm>
#include <bit>

namespace millrace::onnx {
namespace {

// Field numbers of onnx.proto, by message.
namespace model_field {
constexpr std::uint32_t ir_version = 1, producer_name = 2, producer_version = 3, graph = 7, opset = 8, metadata = 14;
}
namespace graph_field {
constexpr std::uint32_t node = 1, name = 2, input = 11, output = 12;
}
namespace node_field {
constexpr std::uint32_t input = 1, output = 2, name = 3, op_type = 4, attribute = 5, domain = 7;
}
namespace attribute_field {
constexpr std::uint32_t name = 1, real = 2, integer = 3, string = 4, reals = 7, integers = 8, strings = 9, type = 20;
}

float as_float(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

/// Calls `each(field)` for every field of a message; `each` returns Result<void>.
template <typename Each>
Result<void> for_each_field(std::string_view message, Each each) {
  WireReader reader(message);
  while (!reader.done()) {
    TRY_ASSIGN(const WireField field, reader.next());
    TRY(each(field));
  }
  return {};
}

/// Repeated numbers come one by one (proto2) or packed (proto3): both are legal.
Result<void> append_reals(const WireField& field, std::vector<float>& out) {
  if (field.type == WireType::fixed32) {
    out.push_back(as_float(field.integer));
    return {};
  }
  WireReader packed(field.bytes);
  while (!packed.done()) {
    TRY_ASSIGN(const std::uint32_t bits, packed.fixed32());
    out.push_back(as_float(bits));
  }
  return {};
}

Result<void> append_integers(const WireField& field, std::vector<std::int64_t>& out) {
  if (field.type == WireType::varint) {
    out.push_back(static_cast<std::int64_t>(field.integer));
    return {};
  }
  WireReader packed(field.bytes);
  while (!packed.done()) {
    TRY_ASSIGN(const std::uint64_t value, packed.varint());
    out.push_back(static_cast<std::int64_t>(value));
  }
  return {};
}

Result<Attribute> parse_attribute(std::string_view message) {
  Attribute attribute;
  TRY(for_each_field(message, [&](const WireField& field) -> Result<void> {
    switch (field.number) {
      case attribute_field::name:
        attribute.name = field.bytes;
        break;
      case attribute_field::real:
        attribute.real = as_float(field.integer);
        break;
      case attribute_field::integer:
        attribute.integer = static_cast<std::int64_t>(field.integer);
        break;
      case attribute_field::string:
        attribute.string = field.bytes;
        break;
      case attribute_field::reals:
        return append_reals(field, attribute.reals);
      case attribute_field::integers:
        return append_integers(field, attribute.integers);
      case attribute_field::strings:
        attribute.strings.emplace_back(field.bytes);
        break;
      case attribute_field::type:
        attribute.kind = static_cast<Attribute::Kind>(field.integer);
        break;
      default:
        break;
    }
    return {};
  }));
  return attribute;
}

Result<Node> parse_node(std::string_view message) {
  Node node;
  TRY(for_each_field(message, [&](const WireField& field) -> Result<void> {
    switch (field.number) {
      case node_field::input:
        node.inputs.emplace_back(field.bytes);
        break;
      case node_field::output:
        node.outputs.emplace_back(field.bytes);
        break;
      case node_field::name:
        node.name = field.bytes;
        break;
      case node_field::op_type:
        node.op_type = field.bytes;
        break;
      case node_field::domain:
        node.domain = field.bytes;
        break;
      case node_field::attribute: {
        TRY_ASSIGN(Attribute attribute, parse_attribute(field.bytes));
        node.attributes.push_back(std::move(attribute));
        break;
      }
      default:
        break;
    }
    return {};
  }));
  return node;
}

/// TensorShapeProto: dim = 1 {dim_value = 1 | dim_param = 2}.
Result<void> parse_shape(std::string_view message, std::vector<std::int64_t>& dimensions) {
  return for_each_field(message, [&](const WireField& field) -> Result<void> {
    if (field.number != 1) return {};
    std::int64_t dimension = -1;
    TRY(for_each_field(field.bytes, [&](const WireField& part) -> Result<void> {
      if (part.number == 1) dimension = static_cast<std::int64_t>(part.integer);
      return {};
    }));
    dimensions.push_back(dimension);
    return {};
  });
}

/// ValueInfoProto: name = 1, type = 2 {tensor_type = 1 {elem_type = 1, shape = 2}}.
Result<Value> parse_value(std::string_view message) {
  Value value;
  value.element_type = 0;
  const auto tensor = [&](const WireField& field) -> Result<void> {
    if (field.number == 1) value.element_type = static_cast<int>(field.integer);
    if (field.number == 2) return parse_shape(field.bytes, value.dimensions);
    return {};
  };
  TRY(for_each_field(message, [&](const WireField& field) -> Result<void> {
    if (field.number == 1) value.name = field.bytes;
    if (field.number != 2) return {};
    return for_each_field(field.bytes, [&](const WireField& type) -> Result<void> {
      return type.number == 1 ? for_each_field(type.bytes, tensor) : Result<void>{};
    });
  }));
  return value;
}

Result<void> parse_graph(std::string_view message, Model& model) {
  return for_each_field(message, [&](const WireField& field) -> Result<void> {
    switch (field.number) {
      case graph_field::name:
        model.graph_name = field.bytes;
        break;
      case graph_field::node: {
        TRY_ASSIGN(Node node, parse_node(field.bytes));
        model.nodes.push_back(std::move(node));
        break;
      }
      case graph_field::input:
      case graph_field::output: {
        TRY_ASSIGN(Value value, parse_value(field.bytes));
        (field.number == graph_field::input ? model.inputs : model.outputs).push_back(std::move(value));
        break;
      }
      default:
        break;
    }
    return {};
  });
}

/// OperatorSetIdProto {domain = 1, version = 2}.
Result<void> parse_opset(std::string_view message, Model& model) {
  std::string domain;
  std::int64_t version = 0;
  TRY(for_each_field(message, [&](const WireField& field) -> Result<void> {
    if (field.number == 1) domain = field.bytes;
    if (field.number == 2) version = static_cast<std::int64_t>(field.integer);
    return {};
  }));
  model.opsets[domain] = version;
  return {};
}

/// StringStringEntryProto {key = 1, value = 2}.
Result<void> parse_metadata(std::string_view message, Model& model) {
  std::string key;
  std::string value;
  TRY(for_each_field(message, [&](const WireField& field) -> Result<void> {
    if (field.number == 1) key = field.bytes;
    if (field.number == 2) value = field.bytes;
    return {};
  }));
  model.metadata[key] = value;
  return {};
}

std::string write_attribute(const Attribute& attribute) {
  WireWriter out;
  out.bytes(attribute_field::name, attribute.name);
  using Kind = Attribute::Kind;
  switch (attribute.kind) {
    case Kind::real:
      out.fixed32(attribute_field::real, attribute.real);
      break;
    case Kind::integer:
      out.varint(attribute_field::integer, static_cast<std::uint64_t>(attribute.integer));
      break;
    case Kind::string:
      out.bytes(attribute_field::string, attribute.string);
      break;
    case Kind::reals:
      for (const float value : attribute.reals) out.fixed32(attribute_field::reals, value);
      break;
    case Kind::integers:
      for (const auto value : attribute.integers) {
        out.varint(attribute_field::integers, static_cast<std::uint64_t>(value));
      }
      break;
    case Kind::strings:
      for (const auto& value : attribute.strings) out.bytes(attribute_field::strings, value);
      break;
    case Kind::none:
      break;
  }
  out.varint(attribute_field::type, static_cast<std::uint64_t>(attribute.kind));
  return out.str();
}

std::string write_node(const Node& node) {
  WireWriter out;
  for (const auto& input : node.inputs) out.bytes(node_field::input, input);
  for (const auto& output : node.outputs) out.bytes(node_field::output, output);
  out.bytes(node_field::name, node.name);
  out.bytes(node_field::op_type, node.op_type);
  for (const auto& attribute : node.attributes) out.bytes(node_field::attribute, write_attribute(attribute));
  out.bytes(node_field::domain, node.domain);
  return out.str();
}

std::string write_value(const Value& value) {
  WireWriter shape;
  for (const auto dimension : value.dimensions) {
    WireWriter out;
    if (dimension < 0) {
      out.bytes(2, "rows");
    } else {
      out.varint(1, static_cast<std::uint64_t>(dimension));
    }
    shape.bytes(1, out.str());
  }
  WireWriter tensor;
  tensor.varint(1, static_cast<std::uint64_t>(value.element_type));
  tensor.bytes(2, shape.str());
  WireWriter type;
  type.bytes(1, tensor.str());
  WireWriter out;
  out.bytes(1, value.name);
  out.bytes(2, type.str());
  return out.str();
}

}  // namespace

const Attribute* Node::find(std::string_view attribute) const {
  const auto found = std::ranges::find(attributes, attribute, &Attribute::name);
  return found == attributes.end() ? nullptr : &*found;
}

std::vector<std::string> Model::operators() const {
  std::vector<std::string> names;
  for (const auto& node : nodes) names.push_back((node.domain.empty() ? "ai.onnx" : node.domain) + ":" + node.op_type);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<Model> parse_model(std::string_view bytes) {
  Model model;
  model.ir_version = 0;
  bool has_graph = false;
  TRY(for_each_field(bytes, [&](const WireField& field) -> Result<void> {
    switch (field.number) {
      case model_field::ir_version:
        model.ir_version = static_cast<std::int64_t>(field.integer);
        break;
      case model_field::producer_name:
        model.producer_name = field.bytes;
        break;
      case model_field::producer_version:
        model.producer_version = field.bytes;
        break;
      case model_field::graph:
        has_graph = true;
        return parse_graph(field.bytes, model);
      case model_field::opset:
        return parse_opset(field.bytes, model);
      case model_field::metadata:
        return parse_metadata(field.bytes, model);
      default:
        break;
    }
    return {};
  }));
  if (!has_graph || model.ir_version == 0) {
    return fail(ErrorCode::corrupt, "not an ONNX model: it has no graph or no IR version");
  }
  return model;
}

std::string to_bytes(const Model& model) {
  WireWriter graph;
  for (const auto& node : model.nodes) graph.bytes(graph_field::node, write_node(node));
  graph.bytes(graph_field::name, model.graph_name);
  for (const auto& value : model.inputs) graph.bytes(graph_field::input, write_value(value));
  for (const auto& value : model.outputs) graph.bytes(graph_field::output, write_value(value));
  WireWriter out;
  out.varint(model_field::ir_version, static_cast<std::uint64_t>(model.ir_version));
  out.bytes(model_field::producer_name, model.producer_name);
  out.bytes(model_field::producer_version, model.producer_version);
  out.bytes(model_field::graph, graph.str());
  for (const auto& [domain, version] : model.opsets) {
    WireWriter opset;
    opset.bytes(1, domain);
    opset.varint(2, static_cast<std::uint64_t>(version));
    out.bytes(model_field::opset, opset.str());
  }
  for (const auto& [key, value] : model.metadata) {
    WireWriter entry;
    entry.bytes(1, key);
    entry.bytes(2, value);
    out.bytes(model_field::metadata, entry.str());
  }
  return out.str();
}

}  // namespace millrace::onnx
