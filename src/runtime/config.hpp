#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct ConfigNode;
struct ConfigState;

/// One mapping of a configuration file. Every read names a key; what is missing or wrong is written down and `fallback`
/// (or an empty value) is returned, so that reading goes on and `Config::finish` reports everything at once.
/// Valid as long as its Config.
class ConfigSection {
 public:
  /// Reads without a fallback report a missing key.
  std::string text(std::string_view key);
  std::string text(std::string_view key, std::string fallback);
  /// One of `words`.
  std::string word(std::string_view key, const std::vector<std::string>& words, std::string fallback);
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback,
                       std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t high = std::numeric_limits<std::int64_t>::max());
  std::uint16_t port(std::string_view key);  ///< 0 to 65535; 0: any free port
  std::uint16_t port(std::string_view key, std::uint16_t fallback);
  double number(std::string_view key, double fallback);
  bool flag(std::string_view key, bool fallback);
  /// "10 s", "250 ms", "5 min", "2 h", "30 d"
  std::int64_t duration_us(std::string_view key, std::int64_t fallback_us);
  /// "256 MiB", "8 KiB", "1 GB", "512 B"
  std::uint64_t size_bytes(std::string_view key, std::uint64_t fallback_bytes);
  /// A relative path is relative to the folder of the configuration file.
  std::filesystem::path path(std::string_view key);
  std::filesystem::path path(std::string_view key, std::filesystem::path fallback);

  /// A nested mapping; an absent one is like an empty one.
  ConfigSection section(std::string_view key);
  /// A list of mappings.
  std::vector<ConfigSection> sections(std::string_view key);
  /// For mappings whose keys are names. Keys that nothing reads are still unknown keys.
  [[nodiscard]] std::vector<std::string> keys() const;
  [[nodiscard]] bool has(std::string_view key) const;
  /// Reports a problem of the caller's own at the key's line: "must be below high".
  void refuse(std::string_view key, std::string_view why);
  /// "file.yaml:12", for messages.
  [[nodiscard]] std::string where(std::string_view key) const;

 private:
  friend class Config;
  ConfigSection(ConfigState& state, const ConfigNode* node, std::string prefix)
      : state_(&state), node_(node), prefix_(std::move(prefix)) {}
  const ConfigNode* find(std::string_view key, bool required);
  const std::string* scalar(std::string_view key, bool required);
  template <typename T, typename Parse>
  T read(std::string_view key, bool required, T fallback, std::string_view wanted, Parse parse);
  void note(std::string_view key, std::string value, bool fallback);
  [[nodiscard]] std::string full(std::string_view key) const;

  ConfigState* state_;
  const ConfigNode* node_;  ///< null: absent
  std::string prefix_;      ///< "mqtt." for keys in messages
};

/// A process's configuration: YAML, read once, with every mistake reported by file, line and remedy. Keys that no one
/// reads are refused, with the nearest known key proposed. Anchors and aliases are refused.
class Config {
 public:
  static Result<Config> load(const std::filesystem::path& file);
  /// `name` stands for the file in messages.
  static Result<Config> parse(std::string_view text, const std::filesystem::path& name);
  ~Config();
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  ConfigSection root();
  /// Call after everything was read. The error holds one line per problem, in the file's order.
  Result<void> finish();
  /// Every value that was read, "mqtt.port: 8883" a line, defaults marked.
  [[nodiscard]] std::string effective() const;

 private:
  explicit Config(std::unique_ptr<ConfigState> state);
  std::unique_ptr<ConfigState> state_;
};

}  // namespace millrace
