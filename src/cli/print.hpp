#pragma once

#include "cli/context.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

enum class Colour { good, warning, bad, quiet };

/// The text in a colour where the terminal shows colours, else the text.
std::string paint(const Context& context, Colour colour, std::string_view text);

/// Columns padded to their widest cell, numbers to the right. Nothing but the header when there are no rows.
void print_table(Context& context, const std::vector<std::string>& headers,
                 const std::vector<std::vector<std::string>>& rows);

/// A JSON scalar as people read it: null as "-", numbers with at most `decimals` decimals, strings without quotes.
std::string cell(const nlohmann::json& value, int decimals = 3);
/// The member of an object as a cell; "-" when it is absent.
std::string cell(const nlohmann::json& object, std::string_view member, int decimals = 3);

/// True only when the member is there and true: null and absent are not.
bool is_true(const nlohmann::json& object, std::string_view member);

/// A line that draws itself again and again on a terminal, and stays silent elsewhere.
class Progress {
 public:
  Progress(Context& context, std::string label) : context_(context), label_(std::move(label)) {}
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(double fraction, std::string_view note);

 private:
  Context& context_;
  std::string label_;
  bool drawn_ = false;
};

}  // namespace millrace::cli
