#pragma once

#include "fieldbus/opcua/options.hpp"
#include "runtime/loop.hpp"
#include "signal/status.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace millrace::opcua {

struct UserLogin {
  std::string user, password;
};

struct ServerOptions {
  std::string address = "localhost";  ///< whose addresses it listens at; empty: all of this machine
  std::uint16_t port = 4840;          ///< 0: any free port
  std::string application_name = "Millrace plant";
  Identity identity;
  std::vector<SecurityPolicy> security_policies = {SecurityPolicy::basic256_sha256,
                                                   SecurityPolicy::aes256_sha256_rsa_pss};
  std::vector<UserLogin> users;
  std::filesystem::path trusted_users;  ///< folder of user certificates; empty: user names only
  std::vector<std::string> namespaces;  ///< registered in this order before the variables' own
  std::size_t history_limit = 100'000;  ///< values kept per variable; the oldest go first
};

enum class ValueType { float64, int32, boolean };

struct Variable {
  std::string namespace_uri;
  std::string name;    ///< string identifier: "engine-061.T24"
  std::string folder;  ///< shown under this folder
  ValueType type = ValueType::float64;
  bool writable = false;  ///< clients may write it
  bool history = true;
};

/// A variable's number within the server: dense, from 0.
using VariableIndex = std::uint32_t;

/// One value for one variable. NaN is written as null.
struct ServerValue {
  VariableIndex variable = 0;
  StatusCode status = status::good;
  TimeUs source_time_us = 0;
  double value = 0;
};

/// An OPC UA server that shows variables, notifies every write of the application, and keeps raw history in memory.
/// Security None is for discovery only; users log in by name or certificate.
class Server {
 public:
  virtual ~Server() = default;
  /// Before or after `start`. Until its first value a variable reads BadWaitingForInitialData.
  virtual Result<VariableIndex> add_variable(const Variable& variable) = 0;
  /// Listens and serves on a thread of its own; returns the port.
  virtual Result<std::uint16_t> start() = 0;
  /// Ends all sessions. History stays; `write` still fills it, and `start` shows it again.
  virtual void stop() = 0;
  /// For the next `start`: namespaces get their indices in this order.
  virtual void set_namespaces(std::vector<std::string> namespaces) = 0;
  /// Thread-safe, but not during `start` and `stop`. Source times of a variable must rise.
  virtual void write(std::span<const ServerValue> values) = 0;
  /// `handler` runs on the loop's thread when a client wrote a variable.
  virtual void on_write(std::function<void(VariableIndex, double value)> handler) = 0;
  /// Monitored items over all sessions; thread-safe.
  [[nodiscard]] virtual std::size_t monitored_items() const = 0;
};

std::unique_ptr<Server> make_open62541_server(Loop& loop, ServerOptions options);

}  // namespace millrace::opcua
