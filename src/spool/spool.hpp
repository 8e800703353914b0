#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// A message of the store-and-forward spool. Numbers are strictly increasing within an epoch and never used twice.
struct SpoolBatch {
  std::uint64_t number = 0;
  TimeUs created_us = 0;
  std::string topic;    ///< opaque to the spool: where it goes; empty: `payload` is a gap record (gap_json)
  std::string payload;  ///< opaque to the spool: what goes
};

/// Batch numbers as sorted, disjoint, inclusive ranges; what a receiver holds, what a sender may forget.
struct BatchRange {
  std::uint64_t first = 0, last = 0;
  bool operator==(const BatchRange&) const = default;
};

/// Batches that were given up: written down, sent like data, never silent.
struct SpoolGap {
  std::uint64_t number = 0;  ///< the gap's own batch number
  std::uint64_t first = 0, last = 0;
  std::uint64_t points = 0;
  TimeUs from_us = 0, to_us = 0;
  std::string reason;  ///< "size limit", "age limit", "thinned", "corrupt"
  /// Exactly the batches that were given up, between `first` and `last`, with earlier records that went into this one.
  /// Others in between live on: every second batch when thinned, and records of other gaps.
  std::vector<BatchRange> numbers = {};
  /// Points of each batch in `numbers`, in their order: a receiver that holds some of them all the same (they arrived,
  /// the acknowledgement did not) counts the others only. Empty when no receiver can hold any of them.
  std::vector<std::uint64_t> batch_points = {};
};

/// {"number","first","last","points","from_us","to_us","reason","numbers":[[first,last],...],"batch_points":[...]}:
/// what a gap batch carries.
std::string gap_json(const SpoolGap& gap);
/// `corrupt` when it is no such object.
Result<SpoolGap> parse_gap(std::string_view json);

enum class SpoolFullPolicy { reject, drop_oldest, thin };

struct SpoolOptions {
  std::uint64_t limit_bytes = 256u << 20;
  std::int64_t limit_age_us = 72ll * 3600 * 1'000'000;  ///< given up when older by a tenth, then all that is older
  SpoolFullPolicy on_full = SpoolFullPolicy::drop_oldest;
};

/// Durable store-and-forward. Blocking: called from one thread. After `commit` returned, everything appended before
/// survives kill -9 and power loss (invariant a).
class Spool {
 public:
  virtual ~Spool() = default;
  /// Changes when the spool was lost or emptied by hand: receivers start to count anew.
  [[nodiscard]] virtual std::string epoch() const = 0;
  /// Buffers one message of `points` readings; it becomes durable with the next `commit`. Returns its batch number.
  /// `exhausted`: the policy is to reject and the bound is reached, or a full disk has kept too much from being
  /// committed.
  virtual Result<std::uint64_t> append(std::string_view topic, std::string_view payload, std::uint64_t points,
                                       TimeUs now_us) = 0;
  /// Remembers a small value in the same transaction as the batches (high-water marks of the sources).
  virtual void remember(std::string_view key, std::string_view value) = 0;
  [[nodiscard]] virtual Result<std::string> recall(std::string_view key) const = 0;
  using Memory = std::vector<std::pair<std::string, std::string>>;  ///< key, value
  /// Everything committed whose key begins with `prefix`, by key.
  [[nodiscard]] virtual Result<Memory> recall_all(std::string_view prefix) const = 0;
  /// All or nothing. After an error (`exhausted`: the disk is full) everything is still buffered: try again later.
  virtual Result<void> commit(TimeUs now_us) = 0;
  /// Whether nothing was sent since the last commit, and nothing will be before the next one returned (at first: no).
  /// Then batches that the receiver cannot hold are counted together, and the records of a long outage grow into one.
  virtual void set_offline(bool offline) = 0;
  /// What the last commit gave up, when it went well.
  [[nodiscard]] virtual const std::vector<SpoolGap>& given_up() const = 0;
  /// The receiver holds these durably: they are not read any more and are deleted with the next `commit`.
  virtual Result<void> acknowledge(const std::vector<BatchRange>& ranges) = 0;
  /// Up to `limit` committed batches with number >= first, oldest first; gaps come as batches with a gap payload.
  virtual Result<std::vector<SpoolBatch>> read(std::uint64_t first, std::size_t limit) const = 0;
  /// The numbers of all committed batches.
  [[nodiscard]] virtual Result<std::vector<BatchRange>> stored() const = 0;
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  [[nodiscard]] virtual std::uint64_t batches() const = 0;
};

}  // namespace millrace
