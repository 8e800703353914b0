#pragma once

#include "base/result.hpp"
#include "net/mqtt/client.hpp"
#include "net/tls/testing/test_pki.hpp"

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::mqtt {

/// A real Mosquitto for tests: on a free loopback port, with a folder of its own, gone with this object (and with the
/// test process, however that ends).
class BrokerProcess {
  struct Private {};  // only `start` makes one

 public:
  struct Options {
    bool tls = false;                          ///< mTLS: client certificates of `issue` are required, CN = user name
    std::vector<std::string> more_lines = {};  ///< more lines of mosquitto.conf, e.g. "acl_file /some/where"
    int certificate_days = 365;                ///< of the broker's own certificate; negative: already expired
  };
  /// Returns when the broker accepts connections.
  static Result<std::unique_ptr<BrokerProcess>> start(const Options& options);
  explicit BrokerProcess(Private) {}
  ~BrokerProcess();
  BrokerProcess(const BrokerProcess&) = delete;
  BrokerProcess& operator=(const BrokerProcess&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// What the broker has logged so far.
  [[nodiscard]] std::string log() const;
  /// A client certificate of this broker's authority (tls only). Negative days: already expired.
  Result<Credentials> issue(const std::string& common_name, int valid_days = 365);
  /// Options that connect to this broker, with a certificate when it wants one.
  ClientOptions client_options(const std::string& client_id);

  void stop();             ///< SIGTERM and wait; the port stays reserved for `restart` by convention only
  void kill();             ///< SIGKILL and wait
  Result<void> restart();  ///< on the same port, after `stop` or `kill`
  void pause();            ///< SIGSTOP: a broker that hangs
  void resume();

 private:
  Result<void> prepare(const Options& options);
  Result<void> write_configuration();
  Result<void> launch();
  void end(int signal);

  std::filesystem::path folder_;
  Options options_;
  std::uint16_t port_ = 0;
  pid_t pid_ = 0;
  std::optional<tls::TestPki> pki_;
};

}  // namespace millrace::mqtt
