// Publisher -> broker -> responder -> broker -> subscriber: one load generator for our edge and for its peers.
#pragma once

#include "net/mqtt/client.hpp"
#include "net/mqtt/testing/broker_process.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::bench {

/// What answers numbered messages between the broker's two sides, a process of its own: our edge, or a peer.
class Responder {
 public:
  Responder() = default;
  virtual ~Responder() { stop(); }
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  Result<void> start(const mqtt::BrokerProcess& broker);
  void stop();  ///< SIGTERM and wait
  /// Of all its threads, since it started.
  [[nodiscard]] double cpu_seconds() const;

  /// What the generator must hear.
  [[nodiscard]] virtual std::vector<std::string> filters() = 0;
  virtual void on_connected(mqtt::Client& client) = 0;
  [[nodiscard]] virtual bool ready() = 0;
  /// Publishes message `number`; numbers rise by one.
  virtual void send(std::uint64_t number) = 0;
  /// The number that a message answers; none for other traffic.
  virtual std::optional<std::uint64_t> on_message(const mqtt::Message& message) = 0;

 private:
  /// In the child: answers at the broker of this port until SIGTERM. Returns when it cannot.
  virtual void run(std::uint16_t broker_port) = 0;
  pid_t pid_ = 0;
};

struct RoundTrips {
  std::vector<double> latencies_us;  ///< at the paced rate, after one second of warming up
  std::uint64_t lost = 0;            ///< never answered, at the paced rate
  double answers_per_s = 0;          ///< the highest rate that was sustained
  double cpu_us = 0;                 ///< of the responder, for each answer while it was

  [[nodiscard]] double quantile_ms(double q);
};

/// First `per_s` messages a second for `seconds`, then as many as come back: with 100, 1,000 and 10,000 messages under
/// way for `seconds` each, of which the best counts. Ends the process when the responder does not come up.
RoundTrips measure_round_trips(Responder& responder, int per_s, int seconds);

}  // namespace millrace::bench
