#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

using DatabaseValue = std::variant<std::monostate, std::int64_t, double, std::string>;

class DatabaseRow {
 public:
  explicit DatabaseRow(std::vector<DatabaseValue> values) : values_(std::move(values)) {}
  /// By position in the SELECT; asking for another type than the column holds gives 0, "" or a conversion of numbers.
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] double real(std::size_t column) const;
  [[nodiscard]] const std::string& text(std::size_t column) const;
  [[nodiscard]] bool is_null(std::size_t column) const;

 private:
  std::vector<DatabaseValue> values_;
};

/// Small, transactional state of the platform: use cases, models, fleet, verdicts (not telemetry: that is the lake).
/// SQL is written for SQLite and PostgreSQL alike; values travel as parameters "?", never inside the text. Statements
/// are prepared once and kept. One thread. What a call outside of `transaction` wrote is durable when it returns.
class Database {
 public:
  virtual ~Database() = default;
  /// Returns how many rows were changed. `already_exists` when a key is taken.
  virtual Result<std::int64_t> execute(std::string_view sql, const std::vector<DatabaseValue>& parameters = {}) = 0;
  virtual Result<std::vector<DatabaseRow>> query(std::string_view sql,
                                                 const std::vector<DatabaseValue>& parameters = {}) = 0;
  /// Several statements without parameters, as a migration holds them.
  virtual Result<void> execute_script(std::string_view sql) = 0;
  /// All that `work` writes, or nothing when it returns an error. Inside another transaction it joins that one.
  virtual Result<void> transaction(const std::function<Result<void>()>& work) = 0;
};

}  // namespace millrace
