#pragma once

#include "base/time.hpp"
#include "fieldbus/opcua/open62541/trust.hpp"
#include "fieldbus/opcua/options.hpp"

#include <open62541/plugin/certificategroup.h>
#include <open62541/plugin/log.h>
#include <open62541/plugin/securitypolicy.h>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::opcua {

/// Our certificate and key as DER, checked.
struct OwnCertificate {
  std::string certificate, key;
};
Result<OwnCertificate> load_own_certificate(const Identity& identity, TimeUs now_us);

/// Reads our files anew for each session. A broken new file is told once, and the last good ones go on; a certificate
/// that has expired is an error.
class RenewedCertificate {
 public:
  explicit RenewedCertificate(Identity identity) : identity_(std::move(identity)) {}
  Result<OwnCertificate> current(TimeUs now_us, const std::function<void(std::string)>& notice);

 private:
  Identity identity_;
  OwnCertificate last_good_;
  std::string told_;
};

/// Lets the library ask a TrustStore. Must outlive the config that it is installed in. `refusal` keeps the last reason.
class PeerTrust {
 public:
  PeerTrust(TrustStore store, const Clock& clock) : store_(std::move(store)), clock_(clock) {}
  UA_CertificateGroup group(const UA_Logger* logger);
  Result<void> verify(std::string_view der) const { return store_.verify(der, clock_.now_us()); }
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

 private:
  static UA_StatusCode on_verify(UA_CertificateGroup* group, const UA_ByteString* certificate);
  TrustStore store_;
  const Clock& clock_;
  std::string refusal_;
};

/// The policies that both sides offer: None (discovery only) first, then Basic256Sha256 and Aes256_Sha256_RsaPss.
/// Allocated with the library's allocator; the config that gets the array owns it.
Result<std::vector<UA_SecurityPolicy>> make_policies(const OwnCertificate& own, bool with_none,
                                                     const UA_Logger* logger);
/// Moves a vector into an array of the library.
UA_SecurityPolicy* to_library_array(std::vector<UA_SecurityPolicy> policies);

/// Keeps the library's last complaint instead of printing it: it explains refusals that have no status code.
class LibraryLog {
 public:
  LibraryLog();
  [[nodiscard]] UA_Logger* logger() { return &logger_; }
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  void forget() { last_error_.clear(); }

 private:
  static void on_log(void* context, UA_LogLevel level, UA_LogCategory category, const char* format, va_list arguments);
  UA_Logger logger_{};
  std::string last_error_;
};

}  // namespace millrace::opcua
