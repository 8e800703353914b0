#pragma once

#include "base/result.hpp"
#include "usecase/usecase.hpp"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Reads YAML nodes into fields and collects every problem instead of stopping at the first. Internal to this library.
class YamlReader {
 public:
  void report(const YAML::Node& node, std::string_view path, std::string message);
  void report_line(int line, std::string_view path, std::string message);
  [[nodiscard]] std::vector<UseCaseProblem> take_problems();

 private:
  std::vector<UseCaseProblem> problems_;
};

int line_of(const YAML::Node& node);  ///< 1-based

/// One mapping of the file. Reports keys that are not `known`, keys given twice, and a node that is no mapping.
class YamlMap {
 public:
  YamlMap(YamlReader& reader, const YAML::Node& node, std::string path, std::initializer_list<std::string_view> known);
  /// For mappings whose keys are names: any key is known.
  YamlMap(YamlReader& reader, const YAML::Node& node, std::string path);

  [[nodiscard]] bool has(std::string_view key) const { return fields_.contains(key); }
  [[nodiscard]] YAML::Node node(std::string_view key) const;
  [[nodiscard]] std::string path(std::string_view key) const;
  [[nodiscard]] const std::vector<std::string>& keys() const { return keys_; }
  [[nodiscard]] YamlReader& reader() const { return reader_; }
  void report(std::string_view key, std::string message) const;

  /// Each leaves `out` as it is when the key is absent or wrong; true when it was read.
  bool text(std::string_view key, std::string& out) const;
  bool number(std::string_view key, double& out, double low, double high) const;
  bool count(std::string_view key, std::uint32_t& out, std::uint32_t low, std::uint32_t high) const;
  bool boolean(std::string_view key, bool& out) const;
  bool texts(std::string_view key, std::vector<std::string>& out) const;
  bool one_of(std::string_view key, std::string& out, std::initializer_list<std::string_view> words) const;
  void required(std::initializer_list<std::string_view> keys) const;

  /// A scalar read by one of the functions of expression.hpp.
  template <typename T>
  bool parsed(std::string_view key, T& out, Result<T> (*parse)(std::string_view)) const {
    std::string written;
    if (!text(key, written)) return false;
    auto value = parse(written);
    if (!value) return report(key, value.error().message), false;
    out = std::move(*value);
    return true;
  }

 private:
  void collect(const YAML::Node& node, const std::initializer_list<std::string_view>* known);
  YamlReader& reader_;
  std::string path_;
  int line_ = 0;
  std::map<std::string, YAML::Node, std::less<>> fields_;
  std::vector<std::string> keys_;
};

/// The document, or what is wrong with it as YAML: syntax, anchors and aliases (refused: they make files that grow when
/// read), more than one document, or more than 1 MiB.
std::optional<YAML::Node> load_yaml(std::string_view text, YamlReader& reader);

}  // namespace millrace
