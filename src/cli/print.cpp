#include "cli/print.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

/// Columns a terminal needs for UTF-8 text without combining marks: continuation bytes take none.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_number(const std::string& text) {
  if (text.empty()) return false;
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return *end == '\0';
}

}  // namespace

std::string paint(const Context& context, Colour colour, std::string_view text) {
  if (!context.colour) return std::string(text);
  static constexpr std::string_view codes[] = {"\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[2m"};
  return fmt::format("{}{}\x1b[0m", codes[static_cast<std::size_t>(colour)], text);
}

void print_table(Context& context, const std::vector<std::string>& headers,
                 const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (std::size_t column = 0; column < headers.size(); ++column) {
    auto width = width_of(headers[column]);
    bool numbers = !rows.empty();
    for (const auto& row : rows) {
      width = std::max(width, width_of(row[column]));
      numbers = numbers && (is_number(row[column]) || row[column] == "-");
    }
    widths.push_back(width);
    numeric.push_back(numbers);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      const std::string padding(widths[column] - width_of(cells[column]), ' ');
      if (column > 0) text += "  ";
      text += numeric[column] ? padding + cells[column] : cells[column] + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  context.output << paint(context, Colour::quiet, line(headers)) << '\n';
  for (const auto& row : rows) context.output << line(row) << '\n';
}

std::string cell(const nlohmann::json& value, int decimals) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_float()) {
    auto text = fmt::format("{:.{}f}", value.get<double>(), decimals);
    if (text.find('.') != std::string::npos) {
      text.erase(text.find_last_not_of('0') + 1);
      if (text.back() == '.') text.pop_back();
    }
    return text;
  }
  return value.dump();
}

std::string cell(const nlohmann::json& object, std::string_view member, int decimals) {
  const auto found = object.find(member);
  return found == object.end() ? "-" : cell(*found, decimals);
}

bool is_true(const nlohmann::json& object, std::string_view member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

Progress::~Progress() {
  if (drawn_) context_.errors << "\r\x1b[K" << std::flush;
}

void Progress::update(double fraction, std::string_view note) {
  if (!context_.terminal) return;
  constexpr int width = 24;
  const auto done = static_cast<int>(std::lround(std::clamp(fraction, 0.0, 1.0) * width));
  context_.errors << fmt::format("\r\x1b[K{} [{}{}] {:3.0f} %  {}", label_,
                                 std::string(static_cast<std::size_t>(done), '='),
                                 std::string(static_cast<std::size_t>(width - done), ' '), fraction * 100, note)
                  << std::flush;
  drawn_ = true;
}

}  // namespace millrace::cli
