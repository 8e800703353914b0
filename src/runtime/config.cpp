#include "runtime/config.hpp"

#include "base/file.hpp"
#include "base/nearest.hpp"
#include "base/quantity.hpp"
#include "runtime/config_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace millrace {

struct ConfigState {
  struct Problem {
    int line;
    std::string text;
  };
  struct Value {
    std::string key, text;
    bool fallback;
  };
  std::filesystem::path file;
  ConfigNode root;
  std::vector<Problem> problems;
  std::map<const ConfigNode*, std::set<std::string, std::less<>>> asked;  ///< keys that were read, by mapping
  std::vector<Value> values;

  void report(int line, std::string text) { problems.push_back({line, std::move(text)}); }
  void find_unknown(const ConfigNode& node, const std::string& prefix);
};

/// Only mappings that someone has read are looked into: an unknown mapping is one problem, not one per key.
void ConfigState::find_unknown(const ConfigNode& node, const std::string& prefix) {
  auto known = asked.find(&node);
  if (known == asked.end()) return;
  for (const auto& field : node.children) {
    if (known->second.contains(field.key)) {
      auto inner = prefix + field.key + ".";
      find_unknown(field, inner);
      if (field.kind != ConfigNode::Kind::list) continue;
      for (const auto& item : field.children) find_unknown(item, inner);
      continue;
    }
    Nearest nearest(field.key);
    for (const auto& word : known->second) nearest.offer(word);
    report(field.key_line, fmt::format("unknown key '{}{}'{}", prefix, field.key, nearest.hint()));
  }
}

std::string ConfigSection::full(std::string_view key) const { return prefix_ + std::string(key); }

std::string ConfigSection::where(std::string_view key) const {
  int line = node_ != nullptr ? node_->line : 1;
  if (node_ != nullptr) {
    for (const auto& field : node_->children) {
      if (field.key == key) line = field.line;
    }
  }
  return fmt::format("{}:{}", state_->file.string(), line);
}

const ConfigNode* ConfigSection::find(std::string_view key, bool required) {
  if (node_ != nullptr) {
    state_->asked[node_].insert(std::string(key));
    for (const auto& field : node_->children) {
      if (field.key == key && field.kind != ConfigNode::Kind::null) return &field;
    }
  }
  if (required) {
    state_->report(node_ != nullptr ? node_->line : state_->root.line, fmt::format("'{}' is missing", full(key)));
  }
  return nullptr;
}

const std::string* ConfigSection::scalar(std::string_view key, bool required) {
  const auto* node = find(key, required);
  if (node == nullptr) return nullptr;
  if (node->kind == ConfigNode::Kind::scalar) return &node->scalar;
  state_->report(node->line, fmt::format("'{}' must be one value", full(key)));
  return nullptr;
}

void ConfigSection::note(std::string_view key, std::string value, bool fallback) {
  state_->values.push_back({full(key), std::move(value), fallback});
}

void ConfigSection::refuse(std::string_view key, std::string_view why) {
  const auto* node = find(key, false);
  state_->report(node != nullptr ? node->line : (node_ != nullptr ? node_->line : 1),
                 fmt::format("'{}' {}", full(key), why));
}

/// `parse` gives std::optional<T>. `wanted` completes "must be …".
template <typename T, typename Parse>
T ConfigSection::read(std::string_view key, bool required, T fallback, std::string_view wanted, Parse parse) {
  const auto* written = scalar(key, required);
  if (written == nullptr) {
    note(key, fmt::format("{}", fallback), true);
    return fallback;
  }
  auto value = parse(*written);
  if (!value) {
    refuse(key, fmt::format("must be {}, not '{}'", wanted, written->substr(0, 100)));
    return fallback;
  }
  note(key, *written, false);
  return std::move(*value);
}

namespace {

std::optional<std::string> as_text(const std::string& written) { return written; }

template <typename T>
std::optional<T> whole(std::string_view written) {
  T value{};
  auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), value);
  if (error != std::errc() || end != written.data() + written.size()) return std::nullopt;
  return value;
}

constexpr std::string_view kDurationWanted = "a time like '10 s', '250 ms', '5 min', '2 h' or '30 d'";
constexpr std::string_view kSizeWanted = "a size like '256 MiB', '8 KiB' or '1 GB'";

}  // namespace

std::string ConfigSection::text(std::string_view key) { return read<std::string>(key, true, {}, "text", as_text); }
std::string ConfigSection::text(std::string_view key, std::string fallback) {
  return read<std::string>(key, false, std::move(fallback), "text", as_text);
}

std::string ConfigSection::word(std::string_view key, const std::vector<std::string>& words, std::string fallback) {
  return read<std::string>(key, false, std::move(fallback), fmt::format("one of '{}'", fmt::join(words, "', '")),
                           [&](const std::string& written) -> std::optional<std::string> {
                             if (std::find(words.begin(), words.end(), written) == words.end()) return std::nullopt;
                             return written;
                           });
}

std::int64_t ConfigSection::integer(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high) {
  std::string wanted = "a whole number";
  if (low != std::numeric_limits<std::int64_t>::min()) wanted += fmt::format(" from {}", low);
  if (high != std::numeric_limits<std::int64_t>::max()) wanted += fmt::format(" up to {}", high);
  return read<std::int64_t>(key, false, fallback, wanted, [&](const std::string& written) {
    auto value = whole<std::int64_t>(written);
    return value && *value >= low && *value <= high ? value : std::nullopt;
  });
}

std::uint16_t ConfigSection::port(std::string_view key) {
  return read<std::uint16_t>(key, true, 0, "a port from 0 to 65535", whole<std::uint16_t>);
}
std::uint16_t ConfigSection::port(std::string_view key, std::uint16_t fallback) {
  return read<std::uint16_t>(key, false, fallback, "a port from 0 to 65535", whole<std::uint16_t>);
}

double ConfigSection::number(std::string_view key, double fallback) {
  return read<double>(key, false, fallback, "a number", whole<double>);
}

bool ConfigSection::flag(std::string_view key, bool fallback) {
  return read<bool>(key, false, fallback, "true or false", [](const std::string& written) -> std::optional<bool> {
    if (written == "true") return true;
    if (written == "false") return false;
    return std::nullopt;
  });
}

std::int64_t ConfigSection::duration_us(std::string_view key, std::int64_t fallback_us) {
  auto text = read<std::string>(key, false, fmt::format("{} us", fallback_us), kDurationWanted,
                                [](const std::string& written) -> std::optional<std::string> {
                                  if (!read_duration_us(written)) return std::nullopt;
                                  return written;
                                });
  return read_duration_us(text).value_or(fallback_us);
}

std::uint64_t ConfigSection::size_bytes(std::string_view key, std::uint64_t fallback_bytes) {
  auto text = read<std::string>(key, false, fmt::format("{} B", fallback_bytes), kSizeWanted,
                                [](const std::string& written) -> std::optional<std::string> {
                                  if (!read_size_bytes(written)) return std::nullopt;
                                  return written;
                                });
  return read_size_bytes(text).value_or(fallback_bytes);
}

std::filesystem::path ConfigSection::path(std::string_view key) {
  return state_->file.parent_path() / read<std::string>(key, true, {}, "a path", as_text);
}
std::filesystem::path ConfigSection::path(std::string_view key, std::filesystem::path fallback) {
  auto written = read<std::string>(key, false, fallback.string(), "a path", as_text);
  return written.empty() ? std::filesystem::path() : state_->file.parent_path() / written;
}

std::vector<std::string> ConfigSection::texts(std::string_view key, std::vector<std::string> fallback) {
  const auto* node = find(key, false);
  if (node == nullptr) {
    note(key, fmt::format("[{}]", fmt::join(fallback, ", ")), true);
    return fallback;
  }
  std::vector<std::string> texts;
  bool good = node->kind == ConfigNode::Kind::list;
  for (const auto& item : node->children) {
    good = good && item.kind == ConfigNode::Kind::scalar;
    texts.push_back(item.scalar);
  }
  if (!good) {
    refuse(key, "must be a list of texts");
    return fallback;
  }
  note(key, fmt::format("[{}]", fmt::join(texts, ", ")), false);
  return texts;
}

ConfigSection ConfigSection::section(std::string_view key) {
  const auto* node = find(key, false);
  if (node != nullptr && node->kind != ConfigNode::Kind::mapping) {
    refuse(key, "must hold keys of its own");
    node = nullptr;
  }
  if (node != nullptr) state_->asked[node];
  return {*state_, node, full(key) + "."};
}

std::vector<ConfigSection> ConfigSection::sections(std::string_view key) {
  const auto* node = find(key, false);
  std::vector<ConfigSection> out;
  if (node == nullptr) return out;
  if (node->kind != ConfigNode::Kind::list) refuse(key, "must be a list");
  for (const auto& item : node->children) {
    if (item.kind != ConfigNode::Kind::mapping) {
      state_->report(item.line, fmt::format("each of '{}' must hold keys of its own", full(key)));
      continue;
    }
    state_->asked[&item];
    out.push_back(ConfigSection(*state_, &item, fmt::format("{}[{}].", full(key), out.size())));
  }
  return out;
}

std::vector<std::string> ConfigSection::keys() const {
  std::vector<std::string> names;
  if (node_ == nullptr) return names;
  for (const auto& field : node_->children) names.push_back(field.key);
  return names;
}

bool ConfigSection::has(std::string_view key) const {
  if (node_ == nullptr) return false;
  return std::any_of(node_->children.begin(), node_->children.end(),
                     [&](const auto& field) { return field.key == key && field.kind != ConfigNode::Kind::null; });
}

Config::Config(std::unique_ptr<ConfigState> state) : state_(std::move(state)) {}
Config::~Config() = default;
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;

Result<Config> Config::load(const std::filesystem::path& file) {
  auto text = read_file(file);
  if (!text) return fail(text.error().with_context("configuration"));
  return parse(*text, file);
}

Result<Config> Config::parse(std::string_view text, const std::filesystem::path& name) {
  TRY_ASSIGN(auto root, parse_config_tree(text, name.string()));
  if (root.kind == ConfigNode::Kind::null) root.kind = ConfigNode::Kind::mapping;
  if (root.kind != ConfigNode::Kind::mapping) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: not a mapping of keys to values", name.string(), root.line));
  }
  auto state = std::make_unique<ConfigState>();
  state->file = name;
  state->root = std::move(root);
  return Config(std::move(state));
}

ConfigSection Config::root() {
  state_->asked[&state_->root];
  return {*state_, &state_->root, ""};
}

Result<void> Config::finish() {
  state_->find_unknown(state_->root, "");
  auto& problems = state_->problems;
  if (problems.empty()) return {};
  std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  std::string text;
  for (const auto& problem : problems) {
    text += fmt::format("{}{}:{}: {}", text.empty() ? "" : "\n", state_->file.string(), problem.line, problem.text);
  }
  return fail(ErrorCode::invalid_argument, std::move(text));
}

std::string Config::effective() const {
  std::string text;
  for (const auto& value : state_->values) {
    text += fmt::format("{}: {}{}\n", value.key, value.text.empty() ? "\"\"" : value.text,
                        value.fallback ? "  # default" : "");
  }
  return text;
}

}  // namespace millrace
