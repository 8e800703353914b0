#include "fieldbus/opcua/server.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <map>
#include <set>
#include <thread>

#include "fieldbus/opcua/open62541/convert.hpp"
#include "fieldbus/opcua/open62541/history.hpp"
#include "fieldbus/opcua/open62541/security.hpp"

namespace millrace::opcua {
namespace {

/// The library can bind port 0 but does not tell which port it got.
Result<std::uint16_t> free_port() {
  const int handle = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = handle >= 0 && ::bind(handle, generic, size) == 0 && ::getsockname(handle, generic, &size) == 0;
  if (handle >= 0) ::close(handle);
  if (!bound) return fail(ErrorCode::exhausted, "no free TCP port for the OPC UA server");
  return ntohs(address.sin6_port);
}

class Open62541Server final : public Server {
 public:
  Open62541Server(Loop& loop, ServerOptions options)
      : loop_(loop),
        options_(std::move(options)),
        peers_(TrustStore(options_.identity.trusted, options_.identity.rejected), loop.clock()),
        users_(TrustStore(options_.trusted_users, options_.identity.rejected), loop.clock()),
        history_(options_.history_limit) {}
  ~Open62541Server() override { stop(); }

  Result<VariableIndex> add_variable(const Variable& variable) override {
    variables_.push_back({variable, {}});
    history_.add_variable(variable.type, variable.history);
    const auto index = static_cast<VariableIndex>(variables_.size() - 1);
    if (server_ != nullptr) TRY(create(index));
    return index;
  }

  Result<std::uint16_t> start() override {
    if (options_.port == 0) {
      TRY_ASSIGN(options_.port, free_port());
    }
    alive_ = std::make_shared<int>(0);
    TRY(make_server());
    for (const std::string& uri : options_.namespaces) UA_Server_addNamespace(server_, uri.c_str());
    for (VariableIndex index = 0; index < variables_.size(); ++index) TRY(create(index));
    if (const UA_StatusCode status = UA_Server_run_startup(server_); status != UA_STATUSCODE_GOOD) {
      return fail(ErrorCode::unavailable, fmt::format("OPC UA server cannot listen on port {}: {} {}", options_.port,
                                                      status_text(status), log_.last_error()));
    }
    running_ = true;
    thread_ = std::thread([this] {
      while (running_) UA_Server_run_iterate(server_, true);
    });
    return options_.port;
  }

  void stop() override {
    if (thread_.joinable()) {
      running_ = false;
      UA_EventLoop* events = UA_Server_getConfig(server_)->eventLoop;
      events->cancel(events);
      thread_.join();
      UA_Server_run_shutdown(server_);
    }
    alive_.reset();
    if (server_ != nullptr) UA_Server_delete(server_);
    server_ = nullptr;
    folders_.clear();
    monitored_items_ = 0;
  }

  void set_namespaces(std::vector<std::string> namespaces) override { options_.namespaces = std::move(namespaces); }

  void write(std::span<const ServerValue> values) override {
    history_.append(values);
    if (server_ == nullptr) return;
    for (const ServerValue& value : values) {
      const Entry& entry = variables_[value.variable];
      UA_DataValue data = to_data_value(entry.variable.type, value.value, value.status, value.source_time_us);
      UA_Server_writeDataValue(server_, entry.id, data);
      UA_DataValue_clear(&data);
    }
  }

  void on_write(std::function<void(VariableIndex, double)> handler) override { handler_ = std::move(handler); }
  [[nodiscard]] std::size_t monitored_items() const override { return monitored_items_; }

 private:
  struct Entry {
    Variable variable;
    UA_NodeId id{};
    std::string text;  ///< keeps the identifier that `id` borrows
  };

  Result<void> make_server() {
    TRY_ASSIGN(const OwnCertificate own, load_own_certificate(options_.identity, loop_.clock().now_us()));
    UA_ServerConfig config{};
    config.logging = log_.logger();
    UA_StatusCode status = UA_ServerConfig_setBasics_withPort(&config, options_.port);
    if (status != UA_STATUSCODE_GOOD)
      return fail(ErrorCode::internal, fmt::format("OPC UA server: {}", status_text(status)));
    UA_Array_delete(config.serverUrls, config.serverUrlsSize, &UA_TYPES[UA_TYPES_STRING]);
    config.serverUrls = static_cast<UA_String*>(UA_Array_new(1, &UA_TYPES[UA_TYPES_STRING]));
    config.serverUrlsSize = 1;
    config.serverUrls[0] = copy(fmt::format("opc.tcp://{}:{}", options_.address, options_.port));
    config.context = this;
    UA_String_clear(&config.applicationDescription.applicationUri);
    config.applicationDescription.applicationUri = copy(options_.identity.application_uri);
    UA_LocalizedText_clear(&config.applicationDescription.applicationName);
    config.applicationDescription.applicationName = {copy("en"), copy(options_.application_name)};
    config.secureChannelPKI = peers_.group(log_.logger());
    config.sessionPKI = users_.group(log_.logger());
    if (options_.trusted_users.empty()) config.sessionPKI.verifyCertificate = nullptr;
    TRY_ASSIGN(auto policies, make_policies(own, true, log_.logger()));
    config.securityPoliciesSize = policies.size();
    config.securityPolicies = to_library_array(std::move(policies));
    // None is there so that clients can ask for the endpoints; it is neither offered nor accepted for sessions.
    config.securityPolicyNoneDiscoveryOnly = true;
    for (const SecurityPolicy policy : options_.security_policies) {
      UA_ServerConfig_addEndpoint(&config, borrow(policy_uri(policy)), UA_MESSAGESECURITYMODE_SIGNANDENCRYPT);
    }
    std::vector<UA_UsernamePasswordLogin> logins;
    for (const UserLogin& login : options_.users) logins.push_back({borrow(login.user), borrow(login.password)});
    const UA_String token_policy = borrow(policy_uri(options_.security_policies.front()));
    UA_AccessControl_default(&config, false, &token_policy, logins.size(), logins.data());
    set_limits(config);
    config.historizingEnabled = true;
    config.accessHistoryDataCapability = true;
    config.historyDatabase = history_.plugin();
    history_.set_lookup(lookup);
    config.monitoredItemRegisterCallback = on_monitored_item;
    server_ = UA_Server_newWithConfig(&config);
    if (server_ == nullptr)
      return fail(ErrorCode::internal, fmt::format("OPC UA server cannot be made: {}", log_.last_error()));
    return {};
  }

  static void set_limits(UA_ServerConfig& config) {
    config.publishingIntervalLimits = {10, 3'600'000};
    config.samplingIntervalLimits = {0, 86'400'000};  // 0: every write notifies
    config.queueSizeLimits = {1, 10'000};
    config.maxNotificationsPerPublish = 50'000;  // 0 would mean none, not any number
    config.maxRetransmissionQueueSize = 20;      // responses that no client asks for again need no memory
    config.tcpReuseAddr = true;
  }

  Result<void> create(VariableIndex index) {
    Entry& entry = variables_[index];
    const Variable& variable = entry.variable;
    const std::uint16_t space = UA_Server_addNamespace(server_, variable.namespace_uri.c_str());
    entry.text = variable.name;
    entry.id = to_node_id({.namespace_uri = {}, .text = {}}, space);
    entry.id.identifier.string = borrow(entry.text);
    UA_VariableAttributes attributes = UA_VariableAttributes_default;
    UA_LocalizedText shown = {UA_STRING_NULL, borrow(variable.name)};
    attributes.displayName = shown;
    constexpr std::array<std::size_t, 3> types = {UA_TYPES_DOUBLE, UA_TYPES_INT32, UA_TYPES_BOOLEAN};
    attributes.dataType = UA_TYPES[types[static_cast<std::size_t>(variable.type)]].typeId;
    attributes.valueRank = UA_VALUERANK_SCALAR;
    attributes.accessLevel = UA_ACCESSLEVELMASK_READ;
    if (variable.history) attributes.accessLevel |= UA_ACCESSLEVELMASK_HISTORYREAD;
    if (variable.writable) attributes.accessLevel |= UA_ACCESSLEVELMASK_WRITE;
    attributes.userAccessLevel = attributes.accessLevel;
    attributes.historizing = variable.history;
    const UA_StatusCode status = UA_Server_addVariableNode(
        server_, entry.id, folder(space, variable.folder), UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES),
        {space, borrow(variable.name)}, UA_NODEID_NUMERIC(0, UA_NS0ID_BASEDATAVARIABLETYPE), attributes, context(index),
        nullptr);
    if (status != UA_STATUSCODE_GOOD) {
      return fail(status == UA_STATUSCODE_BADNODEIDEXISTS ? ErrorCode::already_exists : ErrorCode::internal,
                  fmt::format("OPC UA variable {}: {}", variable.name, status_text(status)));
    }
    if (variable.writable) {
      UA_ValueCallback callback{};
      callback.onWrite = on_client_write;
      UA_Server_setVariableNode_valueCallback(server_, entry.id, callback);
    }
    UA_DataValue value;
    if (const auto last = history_.last(index)) {  // the server was stopped and started again
      value = to_data_value(variable.type, last->value, last->status, last->source_time_us);
    } else {
      // The library refuses a value that is not there at all and would show its own default as good.
      value = to_data_value(variable.type, 0, UA_STATUSCODE_BADWAITINGFORINITIALDATA, loop_.clock().now_us());
    }
    UA_Server_writeDataValue(server_, entry.id, value);
    UA_DataValue_clear(&value);
    return {};
  }

  UA_NodeId folder(std::uint16_t space, const std::string& name) {
    const UA_NodeId objects = UA_NODEID_NUMERIC(0, UA_NS0ID_OBJECTSFOLDER);
    if (name.empty()) return objects;
    const auto [at, added] = folders_.try_emplace({space, name}, 0);
    if (added) {
      at->second = next_folder_++;
      UA_ObjectAttributes attributes = UA_ObjectAttributes_default;
      attributes.displayName = {UA_STRING_NULL, borrow(name)};
      UA_Server_addObjectNode(server_, UA_NODEID_NUMERIC(space, at->second), objects,
                              UA_NODEID_NUMERIC(0, UA_NS0ID_ORGANIZES), {space, borrow(name)},
                              UA_NODEID_NUMERIC(0, UA_NS0ID_FOLDERTYPE), attributes, nullptr, nullptr);
    }
    return UA_NODEID_NUMERIC(space, at->second);
  }

  /// The node context is the variable's number plus one: the library keeps a pointer and never looks behind it.
  static void* context(VariableIndex index) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);  // NOLINT(performance-no-int-to-ptr)
  }
  static std::int64_t lookup(UA_Server* server, const UA_NodeId& id) {
    void* context = nullptr;
    if (UA_Server_getNodeContext(server, id, &context) != UA_STATUSCODE_GOOD) return -1;
    return static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(context)) - 1;
  }

  static void on_client_write(UA_Server* server, const UA_NodeId* session, void*, const UA_NodeId*, void* node_context,
                              const UA_NumericRange*, const UA_DataValue* data) {
    constexpr UA_UInt32 own_session = 1;  // the application's own writes come from the server's admin session
    if (session->identifierType == UA_NODEIDTYPE_GUID && session->identifier.guid.data1 == own_session) return;
    auto& self = *static_cast<Open62541Server*>(UA_Server_getConfig(server)->context);
    const auto index = static_cast<VariableIndex>(reinterpret_cast<std::uintptr_t>(node_context) - 1);
    const double value = to_double(data->value);
    self.loop_.post([&self, alive = std::weak_ptr(self.alive_), index, value] {
      if (alive.lock() && self.handler_) self.handler_(index, value);
    });
  }

  static void on_monitored_item(UA_Server* server, const UA_NodeId*, void*, const UA_NodeId*, void*, UA_UInt32,
                                UA_Boolean removed) {
    auto& self = *static_cast<Open62541Server*>(UA_Server_getConfig(server)->context);
    if (removed)
      --self.monitored_items_;
    else
      ++self.monitored_items_;
  }

  Loop& loop_;
  ServerOptions options_;
  LibraryLog log_;
  PeerTrust peers_, users_;
  History history_;
  UA_Server* server_ = nullptr;
  std::deque<Entry> variables_;
  std::map<std::pair<std::uint16_t, std::string>, UA_UInt32> folders_;
  UA_UInt32 next_folder_ = 1;
  std::thread thread_;
  std::atomic<bool> running_ = false;
  std::atomic<std::size_t> monitored_items_ = 0;
  std::function<void(VariableIndex, double)> handler_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  ///< guards posts that outlive the server
};

}  // namespace

std::unique_ptr<Server> make_open62541_server(Loop& loop, ServerOptions options) {
  return std::make_unique<Open62541Server>(loop, std::move(options));
}

}  // namespace millrace::opcua
