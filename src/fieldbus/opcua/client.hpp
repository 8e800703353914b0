#pragma once

#include "fieldbus/opcua/options.hpp"
#include "runtime/loop.hpp"
#include "signal/sample.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace millrace::opcua {

struct ClientOptions {
  std::string endpoint_url;  ///< "opc.tcp://host:4840"
  SecurityPolicy security_policy = SecurityPolicy::aes256_sha256_rsa_pss;
  Identity identity;
  std::string user, password;                        ///< user name token; empty user: the X.509 token or anonymous
  std::filesystem::path user_certificate, user_key;  ///< X.509 user token
  std::int64_t publishing_interval_us = 100'000;
  std::int64_t sampling_interval_us = 0;          ///< 0: as fast as the server can, every write where it can see writes
  std::uint32_t queue_size = 100;                 ///< per item at the server; overflow is noticed and read from history
  std::size_t block_size = 500;                   ///< monitored items per request
  std::int64_t keep_alive_us = 2'000'000;         ///< longest silence the server is asked to keep
  std::int64_t keep_alive_margin_us = 2'000'000;  ///< how much longer is waited before the session is given up
  std::int64_t request_timeout_us = 5'000'000;
  std::int64_t reconnect_min_us = 200'000;  ///< doubles up to the maximum
  std::int64_t reconnect_max_us = 5'000'000;
  std::int64_t first_contact_history_us = 3'600'000'000;  ///< how far back a signal without a mark is read
  std::int64_t retry_unresolved_us = 5'000'000;
  std::size_t handover_limit = 500'000;  ///< samples waiting for the loop; beyond it the server is made to wait
};

/// A signal and where it is read: "nsu=URI;s=NAME".
struct Item {
  SignalIndex signal = 0;
  std::string node;
};

/// An item that the server does not have at this moment; it is tried again.
struct Unresolved {
  SignalIndex signal = 0;
  std::string node;
  std::string reason;
};

enum class ConnectionState { lost, connected };

/// Counted since the start.
struct ClientCounters {
  std::uint64_t live_samples = 0;
  std::uint64_t backfilled_samples = 0;
  std::uint64_t repeated_samples = 0;  ///< live values that history had already given
  std::uint64_t publish_responses = 0;
  std::uint64_t overflows = 0;  ///< the server's queue of an item ran over
  std::uint64_t sessions = 0;
  std::uint64_t watchdog_teardowns = 0;
  std::uint64_t held_back = 0;        ///< times the server had to wait because the loop was behind
  std::uint64_t unresolved = 0;       ///< items that the server does not have now
  std::uint64_t without_history = 0;  ///< items whose history the server refuses
  double revised_publishing_us = 0;
  double slowest_revised_sampling_us = 0;  ///< the server may sample slower than asked
};

/// An OPC UA client for telemetry. Every handler runs on the loop's thread. Sessions are rebuilt for ever; in each new
/// one names are resolved anew, subscriptions created again, and the outage is read from the server's history, merged
/// over all signals in order of source time, before live values go on. Values are doubles (booleans and integers
/// converted, null is NaN); both time stamps and the 32-bit status are carried. A value without source time gets the
/// server's, else the time of receipt. BadWaitingForInitialData is the absence of a reading and is not delivered.
class Client {
 public:
  struct Handlers {
    std::function<void(std::span<const Sample>)> on_samples;
    std::function<void(std::span<const Sample>)> on_backfill;
    /// Source time of the newest sample that the caller has for the signal, 0 for none. Asked at each new session,
    /// after everything that was read before has been handed over.
    std::function<TimeUs(SignalIndex)> mark;
    /// `text` is one sentence for people; on `lost` it says what is wrong and how to mend it.
    std::function<void(ConnectionState, const std::string& text)> on_state;
    std::function<void(const std::vector<Unresolved>&)> on_unresolved;  ///< the whole list, whenever it changed
    std::function<void(const std::string& text)> on_notice;             ///< revised settings, missing history
  };
  virtual ~Client() = default;
  virtual void start(Handlers handlers) = 0;
  /// Carries out the writes that wait, ends the session and the thread; no handler runs afterwards, not even theirs.
  /// Blocks up to the request time-out.
  virtual void stop() = 0;
  /// Adds items. `invalid_argument` names the first node id that is not well-formed; then none is added.
  virtual Result<void> subscribe(const std::vector<Item>& items) = 0;
  /// Writes a number to a node (converted to the node's data type) and reads back what stands there then. `done` on the
  /// loop's thread, with that number (NaN: none); `unavailable` when there is no session: writes are never kept for
  /// later, an old command must not surprise anybody.
  virtual void write(std::string node, double value, std::function<void(Result<double>)> done) = 0;
  [[nodiscard]] virtual ClientCounters counters() const = 0;
};

/// open62541 on a thread of its own; batches are handed to the loop. Files are read at `start` of each session, so that
/// a renewed certificate or a newly trusted peer needs no restart.
std::unique_ptr<Client> make_open62541_client(Loop& loop, ClientOptions options);

}  // namespace millrace::opcua
