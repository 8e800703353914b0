#pragma once

#include "base/result.hpp"
#include "fieldbus/opcua/client.hpp"
#include "fieldbus/opcua/flow.hpp"
#include "fieldbus/opcua/node_name.hpp"
#include "fieldbus/opcua/open62541/convert.hpp"
#include "fieldbus/opcua/open62541/security.hpp"

#include <open62541/client.h>
#include <open62541/client_highlevel.h>
#include <open62541/client_highlevel_async.h>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace millrace::opcua {

/// What a session gives to its owner, on the session's thread, from within `turn` and every other call.
class SessionSink {
 public:
  virtual ~SessionSink() = default;
  virtual void on_value(Flow::Slot slot, const Sample& sample, bool overflow) = 0;
  virtual void on_gap() = 0;
  virtual void on_notice(std::string text) = 0;
};

/// One session with one server, from connect to loss; never repaired, always replaced. All on one thread.
/// The subscription is driven by our own publish requests: the client handle is the slot, one callback per response,
/// acknowledgements, sequence numbers and the watchdog are ours.
class Session {
 public:
  using Slot = Flow::Slot;
  struct Problem {
    Slot slot = 0;
    std::string reason;
  };

  /// `names[slot]` are the nodes; the deque may grow while the session lives.
  Session(const ClientOptions& options, RenewedCertificate& certificate, const Clock& clock,
          const std::deque<NodeName>& names, SessionSink& sink);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Connects, checks the peer, logs in. The error is one sentence for people.
  Result<void> open();
  Result<void> create_subscription();
  /// Creates monitored items in blocks and returns those that the server does not have. Reads the NamespaceArray anew.
  Result<std::vector<Problem>> monitor(std::span<const Slot> slots);
  /// Waits up to `timeout_ms` for the network and handles what came. The error says why the session is over.
  /// `may_publish` false: no more publish requests are sent, so the server's queues fill.
  Result<void> turn(std::uint32_t timeout_ms, bool may_publish);
  /// Reads one page of raw history for each want and gives it to `flow`.
  Result<void> read_history(Flow& flow, std::span<const BackfillMerge::Want> wants, std::uint32_t page_size);
  /// What the node shows after.
  Result<double> write(const NodeName& name, double value);

  [[nodiscard]] double revised_publishing_us() const { return revised_publishing_us_; }
  [[nodiscard]] double slowest_sampling_us() const { return slowest_sampling_us_; }
  [[nodiscard]] std::uint64_t publish_responses() const { return publish_responses_; }
  [[nodiscard]] bool watchdog_fired() const { return watchdog_fired_; }

 private:
  Result<UA_ClientConfig> make_config(bool discovery);
  Result<void> discover(UA_EndpointDescription& chosen);
  Result<void> choose(std::span<UA_EndpointDescription> offered, UA_EndpointDescription& chosen) const;
  Result<void> set_user(UA_ClientConfig& config) const;
  Result<void> check_user_token(const UA_EndpointDescription& endpoint) const;
  Error explain_refusal(UA_StatusCode status) const;
  Error lost(std::string_view doing, UA_StatusCode status) const;
  Result<void> read_namespaces();
  Result<UA_NodeId> node_id(const NodeName& name);
  Result<void> monitor_block(std::span<const Slot> slots, std::vector<Problem>& problems);
  void send_publish();
  static void on_publish(UA_Client* client, void* self, UA_UInt32 request, void* response);
  void handle_publish(UA_PublishResponse& response);
  void handle_notification(UA_ExtensionObject& message, TimeUs now_us);
  Result<void> read_history_request(Flow& flow, std::span<const BackfillMerge::Want> wants, std::uint32_t page_size);
  /// Sends a request and handles the network until its response is there; the response's header tells what went wrong.
  template <typename Request, typename Response>
  void call(Request& request, const UA_DataType& request_type, Owned<Response>& response,
            const UA_DataType& response_type) {
    response->responseHeader.serviceResult = exchange(&request, request_type, &*response, response_type);
  }
  UA_StatusCode exchange(const void* request, const UA_DataType& request_type, void* response,
                         const UA_DataType& response_type);
  static void on_response(UA_Client* client, void* waiting, UA_UInt32 request, void* response);

  /// Lives until the session ends: the library may answer a request after its caller gave up.
  struct Waiting {
    void* response = nullptr;
    const UA_DataType* type = nullptr;
    bool done = false;
  };

  const ClientOptions& options_;
  const Clock& clock_;
  const std::deque<NodeName>& names_;
  SessionSink& sink_;
  LibraryLog log_;
  PeerTrust trust_;
  RenewedCertificate& certificate_;
  OwnCertificate own_;
  UA_Client* client_ = nullptr;
  bool closing_ = false;
  std::vector<std::string> namespaces_;
  UA_UInt32 subscription_ = 0;
  double revised_publishing_us_ = 0;
  double slowest_sampling_us_ = 0;
  std::int64_t silence_limit_us_ = 0;
  std::int64_t heard_us_ = 0;  ///< monotonic: last publish response
  std::uint32_t outstanding_ = 0;
  std::uint32_t outstanding_limit_ = 4;
  std::uint32_t sequence_ = 0;  ///< of the last notification message
  std::vector<UA_SubscriptionAcknowledgement> acknowledgements_;
  std::uint64_t publish_responses_ = 0;
  bool watchdog_fired_ = false;
  bool may_publish_ = true;
  std::size_t block_size_;
  std::size_t history_nodes_ = 100;
  std::vector<std::unique_ptr<Waiting>> given_up_;
  std::optional<Error> failure_;
};

}  // namespace millrace::opcua
