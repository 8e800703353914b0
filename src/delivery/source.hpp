#pragma once

#include "base/result.hpp"

#include <functional>
#include <optional>
#include <string>

namespace millrace::delivery {

/// What should run on a device, as the source says it.
struct Offer {
  std::string tag;       ///< names this answer, for the next question
  std::string document;  ///< an assignment, JSON
};

/// The port through which a device gets what it runs: what should run here, and the bytes of a content hash. Whoever
/// stands behind it vouches for the document; the bytes are checked against the document by the one who asks.
/// The callbacks run on the loop, once each, and not before the call has returned.
class Source {
 public:
  virtual ~Source() = default;
  /// Nothing when it is still what `known` names.
  virtual void what_should_run(const std::string& known, std::function<void(Result<std::optional<Offer>>)> done) = 0;
  virtual void bytes_of(const std::string& sha256, std::function<void(Result<std::string>)> done) = 0;
};

}  // namespace millrace::delivery
