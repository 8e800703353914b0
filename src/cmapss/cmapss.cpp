#include "cmapss/cmapss.hpp"

#include <fmt/format.h>
#include <zlib.h>
#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace millrace::cmapss {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t column_count = 2 + signal_names.size();

/// zlib reads plain files unchanged, so one path serves both.
Result<std::string> read_text(const fs::path& path) {
  fs::path found = path;
  if (!fs::exists(found)) found += ".gz";
  if (!fs::exists(found))
    return fail(ErrorCode::not_found, fmt::format("neither {0} nor {0}.gz exists", path.string()));
  gzFile file = gzopen(found.c_str(), "rb");
  if (file == nullptr) return fail(ErrorCode::unavailable, fmt::format("cannot open {}", found.string()));
  std::string text;
  std::string block(1 << 18, '\0');
  int count = 0;
  while ((count = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0) {
    text.append(block, 0, static_cast<std::size_t>(count));
  }
  gzclose(file);
  if (count < 0) return fail(ErrorCode::corrupt, fmt::format("{} is damaged: unpacking it failed", found.string()));
  return text;
}

/// Splits a line at blanks into numbers; false when a word is not a number or there are more than `out` holds.
bool parse_numbers(std::string_view line, std::vector<double>& out) {
  out.clear();
  const char* at = line.data();
  const char* end = at + line.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\r')) ++at;
    if (at == end) return true;
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{}) return false;
    out.push_back(value);
    at = next;
  }
}

/// Calls `each(numbers)` per non-empty line; `each` returns an empty string or what is wrong with the line.
template <typename Each>
Result<void> for_each_line(const fs::path& path, std::size_t columns, Each each) {
  TRY_ASSIGN(const std::string text, read_text(path));
  std::vector<double> numbers;
  std::size_t line_number = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line(text.data() + start, end - start);
    start = end + 1;
    ++line_number;
    std::string problem;
    if (!parse_numbers(line, numbers)) {
      problem = "a word is not a number";
    } else if (numbers.empty()) {
      continue;
    } else if (numbers.size() != columns) {
      problem = fmt::format("{} columns where {} belong", numbers.size(), columns);
    } else {
      problem = each(numbers);
    }
    if (!problem.empty()) {
      return fail(ErrorCode::corrupt, fmt::format("{}:{}: {}", path.string(), line_number, problem));
    }
  }
  return {};
}

}  // namespace

std::string Engine::asset() const { return fmt::format("engine-{:03}", unit); }

Result<std::vector<Engine>> read_engines(const fs::path& path) {
  std::vector<Engine> engines;
  TRY(for_each_line(path, column_count, [&](const std::vector<double>& numbers) -> std::string {
    const int unit = static_cast<int>(numbers[0]);
    if (engines.empty() || engines.back().unit != unit) engines.push_back({unit, {}});
    auto& cycles = engines.back().cycles;
    Cycle cycle;
    cycle.number = static_cast<int>(numbers[1]);
    if (!cycles.empty() && cycle.number <= cycles.back().number) return "the cycles of a unit must rise";
    std::copy(numbers.begin() + 2, numbers.end(), cycle.values.begin());
    cycles.push_back(cycle);
    return {};
  }));
  if (engines.empty()) return fail(ErrorCode::corrupt, fmt::format("{} holds no rows", path.string()));
  return engines;
}

Result<std::vector<double>> read_truth(const fs::path& path) {
  std::vector<double> truth;
  TRY(for_each_line(path, 1, [&](const std::vector<double>& numbers) -> std::string {
    truth.push_back(numbers[0]);
    return {};
  }));
  return truth;
}

Result<Subset> read_subset(const fs::path& folder, std::string_view name) {
  Subset subset;
  subset.name = name;
  TRY_ASSIGN(subset.train, read_engines(folder / fmt::format("train_{}.txt", name)));
  TRY_ASSIGN(subset.test, read_engines(folder / fmt::format("test_{}.txt", name)));
  TRY_ASSIGN(subset.truth, read_truth(folder / fmt::format("RUL_{}.txt", name)));
  if (subset.truth.size() != subset.test.size()) {
    return fail(ErrorCode::corrupt, fmt::format("RUL_{}.txt has {} lines, test_{}.txt has {} engines", name,
                                                subset.truth.size(), name, subset.test.size()));
  }
  return subset;
}

std::vector<std::string> list_subsets(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  const auto has = [&](const std::string& stem) {
    return fs::exists(folder / stem) || fs::exists(folder / (stem + ".gz"));
  };
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string file = entry.path().filename().string();
    const std::size_t end = file.find(".txt");
    if (!file.starts_with("train_") || end == std::string::npos) continue;
    std::string name = file.substr(6, end - 6);
    if (has("test_" + name + ".txt") && has("RUL_" + name + ".txt")) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

fs::path find_recorded_data() {
  if (const char* data = std::getenv("MILLRACE_DATA"); data != nullptr) {
    const fs::path folder = fs::path(data) / "cmapss";
    return fs::exists(folder) ? folder : fs::path{};
  }
  std::error_code error;
  for (fs::path at = fs::current_path(error); !at.empty() && at != at.root_path(); at = at.parent_path()) {
    if (const fs::path folder = at / "shared" / "data" / "cmapss"; fs::exists(folder)) return folder;
  }
  return {};
}

Result<std::pair<int, int>> parse_units(std::string_view text) {
  const auto number = [](std::string_view part, int& value) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc() && end == part.data() + part.size() && value > 0;
  };
  const auto first = text.substr(0, text.find('-'));
  const auto last = first.size() < text.size() ? text.substr(first.size() + 1) : first;
  std::pair<int, int> units;
  if (number(first, units.first) && number(last, units.second) && units.first <= units.second) return units;
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' names no units; write 61-100, or one number", text));
}

}  // namespace millrace::cmapss
