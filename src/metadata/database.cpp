#include "metadata/database.hpp"

namespace millrace {

std::int64_t DatabaseRow::integer(std::size_t column) const {
  if (const auto* value = std::get_if<std::int64_t>(&values_.at(column))) return *value;
  if (const auto* value = std::get_if<double>(&values_.at(column))) return static_cast<std::int64_t>(*value);
  return 0;
}

double DatabaseRow::real(std::size_t column) const {
  if (const auto* value = std::get_if<double>(&values_.at(column))) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&values_.at(column))) return static_cast<double>(*value);
  return 0;
}

const std::string& DatabaseRow::text(std::size_t column) const {
  static const std::string none;
  const auto* value = std::get_if<std::string>(&values_.at(column));
  return value != nullptr ? *value : none;
}

bool DatabaseRow::is_null(std::size_t column) const {
  return std::holds_alternative<std::monostate>(values_.at(column));
}

}  // namespace millrace
