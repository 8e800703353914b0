#include "usecase/yaml_reader.hpp"

#include "base/nearest.hpp"

#include <yaml-cpp/eventhandler.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

namespace millrace {
namespace {

/// Looks at the parser's events before any tree is built.
class Guard final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { note(mark, anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark, 1); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string&) override {
    note(mark, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    enter(mark, anchor);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    enter(mark, anchor);
  }
  void OnMapEnd() override { --depth_; }

  int anchor_line = 0, deep_line = 0;

 private:
  void enter(const YAML::Mark& mark, YAML::anchor_t anchor) {
    note(mark, anchor);
    constexpr int deepest = 32;
    if (++depth_ > deepest && deep_line == 0) deep_line = mark.line + 1;
  }
  void note(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor && anchor_line == 0) anchor_line = mark.line + 1;
  }
  int depth_ = 0;
};

std::string listed(std::initializer_list<std::string_view> words) {
  std::string text;
  std::size_t left = words.size();
  for (const std::string_view word : words) {
    text += word;
    --left;
    if (left > 0) text += left == 1 ? " or " : ", ";
  }
  return text;
}

template <typename T>
bool read_number(const std::string& text, T& out) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  out = value;
  return true;
}

}  // namespace

int line_of(const YAML::Node& node) { return node.Mark().is_null() ? 0 : node.Mark().line + 1; }

void YamlReader::report(const YAML::Node& node, std::string_view path, std::string message) {
  report_line(line_of(node), path, std::move(message));
}

void YamlReader::report_line(int line, std::string_view path, std::string message) {
  problems_.push_back({line, std::string(path), std::move(message)});
}

std::vector<UseCaseProblem> YamlReader::take_problems() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  return std::move(problems_);
}

YamlMap::YamlMap(YamlReader& reader, const YAML::Node& node, std::string path,
                 std::initializer_list<std::string_view> known)
    : reader_(reader), path_(std::move(path)), line_(line_of(node)) {
  collect(node, &known);
}

YamlMap::YamlMap(YamlReader& reader, const YAML::Node& node, std::string path)
    : reader_(reader), path_(std::move(path)), line_(line_of(node)) {
  collect(node, nullptr);
}

void YamlMap::collect(const YAML::Node& node, const std::initializer_list<std::string_view>* known) {
  if (!node.IsMap()) {
    reader_.report(node, path_, fmt::format("{} must be a mapping (key: value)", path_.empty() ? "the file" : path_));
    return;
  }
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      reader_.report(entry.first, path_, "a key must be a plain word");
      continue;
    }
    const std::string& key = entry.first.Scalar();
    if (known != nullptr && std::find(known->begin(), known->end(), key) == known->end()) {
      Nearest nearest(key);
      for (const std::string_view word : *known) nearest.offer(word);
      const std::string hint = nearest.hint();
      reader_.report(entry.first, this->path(key),
                     fmt::format("key \"{}\" is not known in {}{}", key, path_.empty() ? "a use case" : path_,
                                 hint.empty() ? fmt::format("; it takes {}", listed(*known)) : hint));
      continue;
    }
    if (!fields_.emplace(key, entry.second).second) {
      reader_.report(entry.first, this->path(key), fmt::format("key \"{}\" is there twice: remove one", key));
      continue;
    }
    keys_.push_back(key);
  }
}

YAML::Node YamlMap::node(std::string_view key) const {
  const auto found = fields_.find(key);
  return found == fields_.end() ? YAML::Node() : found->second;
}

std::string YamlMap::path(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void YamlMap::report(std::string_view key, std::string message) const {
  const auto found = fields_.find(key);
  reader_.report_line(found == fields_.end() ? line_ : line_of(found->second), path(key),
                      fmt::format("{}: {}", path(key), message));
}

bool YamlMap::text(std::string_view key, std::string& out) const {
  if (!has(key)) return false;
  const YAML::Node value = node(key);
  if (!value.IsScalar() || value.Scalar().empty()) return report(key, "must be a text or a number"), false;
  out = value.Scalar();
  return true;
}

bool YamlMap::number(std::string_view key, double& out, double low, double high) const {
  std::string written;
  if (!text(key, written)) return false;
  double value = 0;
  if (!read_number(written, value) || !std::isfinite(value)) {
    return report(key, fmt::format("\"{}\" is no number", written)), false;
  }
  if (value < low || value > high) {
    return report(key, fmt::format("{} is outside {} to {}", written, low, high)), false;
  }
  out = value;
  return true;
}

bool YamlMap::count(std::string_view key, std::uint32_t& out, std::uint32_t low, std::uint32_t high) const {
  std::string written;
  if (!text(key, written)) return false;
  std::uint32_t value = 0;
  if (!read_number(written, value) || value < low || value > high) {
    return report(key, fmt::format("\"{}\" must be a whole number from {} to {}", written, low, high)), false;
  }
  out = value;
  return true;
}

bool YamlMap::boolean(std::string_view key, bool& out) const {
  std::string written;
  if (!text(key, written)) return false;
  if (written != "true" && written != "false") {
    return report(key, fmt::format("\"{}\" must be true or false", written)), false;
  }
  out = written == "true";
  return true;
}

bool YamlMap::texts(std::string_view key, std::vector<std::string>& out) const {
  if (!has(key)) return false;
  const YAML::Node list = node(key);
  if (!list.IsSequence()) return report(key, "must be a list, e.g. [a, b]"), false;
  std::vector<std::string> values;
  for (const YAML::Node& entry : list) {
    if (!entry.IsScalar() || entry.Scalar().empty()) {
      reader_.report(entry, path(key), fmt::format("{}: every entry must be a text", path(key)));
      return false;
    }
    values.push_back(entry.Scalar());
  }
  out = std::move(values);
  return true;
}

bool YamlMap::one_of(std::string_view key, std::string& out, std::initializer_list<std::string_view> words) const {
  std::string written;
  if (!text(key, written)) return false;
  if (std::find(words.begin(), words.end(), written) == words.end()) {
    Nearest nearest(written);
    for (const std::string_view word : words) nearest.offer(word);
    return report(key, fmt::format("\"{}\" must be {}{}", written, listed(words), nearest.hint())), false;
  }
  out = written;
  return true;
}

void YamlMap::required(std::initializer_list<std::string_view> keys) const {
  for (const std::string_view key : keys) {
    if (!has(key)) reader_.report_line(line_, path(key), fmt::format("{} is missing", path(key)));
  }
}

std::optional<YAML::Node> load_yaml(std::string_view text, YamlReader& reader) {
  constexpr std::size_t largest = 1u << 20;
  if (text.size() > largest) {
    reader.report_line(0, "", "the file is larger than 1 MiB: a use case is a page or two");
    return std::nullopt;
  }
  try {
    const std::string copy(text);
    std::istringstream stream(copy);
    YAML::Parser parser(stream);
    Guard guard;
    if (!parser.HandleNextDocument(guard)) {
      reader.report_line(0, "", "the file is empty");
      return std::nullopt;
    }
    if (guard.anchor_line > 0) {
      reader.report_line(guard.anchor_line, "", "anchors and aliases (&, *) are not taken: write the value out");
      return std::nullopt;
    }
    if (guard.deep_line > 0) {
      reader.report_line(guard.deep_line, "", "nested too deeply");
      return std::nullopt;
    }
    Guard second;
    if (parser.HandleNextDocument(second)) {
      reader.report_line(0, "", "one use case per file: remove what follows ---");
      return std::nullopt;
    }
    return YAML::Load(copy);
  } catch (const YAML::Exception& error) {
    reader.report_line(error.mark.is_null() ? 0 : error.mark.line + 1, "",
                       fmt::format("not readable as YAML: {}{}", error.msg,
                                   error.mark.is_null() ? "" : fmt::format(" (column {})", error.mark.column + 1)));
    return std::nullopt;
  }
}

}  // namespace millrace
