#include "runtime/config_node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <sstream>

namespace millrace {
namespace {

constexpr std::size_t kSizeLimitBytes = 1u << 20;
constexpr std::size_t kDepthLimit = 64;

/// Thrown inside yaml-cpp's parser, caught below; never leaves this file.
struct Refused {
  int line;
  std::string why;
};

/// Builds the tree from events rather than from YAML::Node: events tell duplicate keys and aliases, and nothing is
/// expanded behind our back.
class TreeBuilder final : public YAML::EventHandler {
 public:
  ConfigNode root;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    throw Refused{mark.line + 1, fmt::format("anchor '&{}': write the value out where it is needed", name)};
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark.line + 1, "an alias: write the value out where it is needed"};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, ConfigNode::Kind::null); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& value) override {
    auto& open = open_nodes_;
    if (!open.empty() && open.back()->kind == ConfigNode::Kind::mapping && !key_pending_)
      return begin_field(mark, value);
    bool empty = value.empty() && tag == "?";
    add(mark, empty ? ConfigNode::Kind::null : ConfigNode::Kind::scalar)->scalar = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    push(add(mark, ConfigNode::Kind::list), mark);
  }
  void OnSequenceEnd() override { open_nodes_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    push(add(mark, ConfigNode::Kind::mapping), mark);
  }
  void OnMapEnd() override { open_nodes_.pop_back(); }

 private:
  void begin_field(const YAML::Mark& mark, const std::string& key) {
    auto& fields = open_nodes_.back()->children;
    for (const auto& field : fields) {
      if (field.key == key)
        throw Refused{mark.line + 1, fmt::format("'{}' stands twice, first in line {}", key, field.key_line)};
    }
    fields.push_back({.line = mark.line + 1, .key_line = mark.line + 1, .key = key});
    key_pending_ = true;
  }

  ConfigNode* add(const YAML::Mark& mark, ConfigNode::Kind kind) {
    ConfigNode* node = &root;
    if (!open_nodes_.empty()) {
      auto& parent = *open_nodes_.back();
      if (parent.kind == ConfigNode::Kind::list) {
        node = &parent.children.emplace_back();
      } else if (key_pending_) {
        node = &parent.children.back();
      } else {
        throw Refused{mark.line + 1, "a key must be a word"};
      }
    }
    key_pending_ = false;
    node->kind = kind;
    node->line = std::max(mark.line + 1, node->line);
    return node;
  }

  void push(ConfigNode* node, const YAML::Mark& mark) {
    if (open_nodes_.size() >= kDepthLimit) throw Refused{mark.line + 1, "nested too deeply"};
    open_nodes_.push_back(node);
  }

  // Pointers stay valid: a vector grows only while its last element's children are complete.
  std::vector<ConfigNode*> open_nodes_;
  bool key_pending_ = false;
};

}  // namespace

Result<ConfigNode> parse_config_tree(std::string_view text, std::string_view name) {
  auto refuse = [&](int line, std::string_view why) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}:{}: {}", name, line, why));
  };
  if (text.size() > kSizeLimitBytes) return refuse(1, "larger than 1 MiB");
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder, second;
    if (!parser.HandleNextDocument(builder)) return ConfigNode{.kind = ConfigNode::Kind::mapping, .line = 1};
    if (parser.HandleNextDocument(second)) return refuse(second.root.line, "a second document ('---'): one is enough");
    return std::move(builder.root);
  } catch (const Refused& refused) {
    return refuse(refused.line, refused.why);
  } catch (const YAML::Exception& exception) {
    return refuse(std::max(exception.mark.line, 0) + 1, exception.msg);
  } catch (const std::exception& exception) {
    return refuse(1, exception.what());
  }
}

}  // namespace millrace
