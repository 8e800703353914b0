#pragma once

#include "base/result.hpp"
#include "sparkplug/batch_set.hpp"

#include <map>
#include <string>
#include <string_view>

namespace millrace {

/// Which batches of a node are held, counted within one epoch of its spool.
struct NodeMarks {
  std::string epoch;
  sparkplug::BatchSet held;
  bool operator==(const NodeMarks&) const = default;
};

/// By "site/node". Stored in the same snapshot as the data they stand for: effectively once.
using IngestMarks = std::map<std::string, NodeMarks, std::less<>>;

/// {"plant/gateway":{"epoch":"...","ranges":"1-500,900"}}
std::string marks_to_json(const IngestMarks& marks);
/// `corrupt` when it is no such object. Empty text: no marks.
Result<IngestMarks> parse_marks(std::string_view json);

}  // namespace millrace
