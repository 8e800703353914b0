#pragma once

#include "net/http/server.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::http {

/// Finds the row for a request. More literal parts win over parameters, whatever the order of the rows, and
/// "{rest*}" matches last. HEAD falls back to GET. Paths are matched part by part before they are decoded, so that a
/// parameter may hold an encoded '/'.
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;                                ///< null: no such path, or not with this method
    std::map<std::string, std::string, std::less<>> parameters;  ///< decoded
    std::string allow;                                           ///< the path exists with these methods only (405)
  };
  [[nodiscard]] Match find(std::string_view method, std::string_view raw_path) const;

 private:
  struct Row {
    Route route;
    std::vector<std::string> parts;
    bool takes_rest = false;
  };
  static bool fits(const Row& row, const std::vector<std::string_view>& parts, std::string_view raw_path);
  static bool before(const Row& left, const Row& right);

  std::vector<Row> rows_;  ///< the most particular first
};

}  // namespace millrace::http
