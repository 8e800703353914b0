#include "fieldbus/opcua/open62541/security.hpp"

#include "fieldbus/opcua/open62541/convert.hpp"

#include <fmt/format.h>
#include <open62541/plugin/securitypolicy_default.h>
#include <algorithm>
#include <utility>

namespace millrace::opcua {

Result<OwnCertificate> load_own_certificate(const Identity& identity, TimeUs now_us) {
  OwnCertificate own;
  TRY_ASSIGN(own.certificate, load_certificate_der(identity.certificate));
  TRY_ASSIGN(own.key, load_key_der(identity.key));
  TRY(check_own_certificate(own.certificate, identity.application_uri, identity.certificate, now_us));
  TRY(check_own_key(own.certificate, own.key, identity.key));
  return own;
}

Result<OwnCertificate> RenewedCertificate::current(TimeUs now_us, const std::function<void(std::string)>& notice) {
  auto renewed = load_own_certificate(identity_, now_us);
  const bool broken = !renewed && renewed.error().code != ErrorCode::failed_precondition;  // not: expired
  if (!broken || last_good_.certificate.empty()) {
    told_.clear();
    if (renewed) last_good_ = *renewed;
    return renewed;
  }
  if (std::exchange(told_, renewed.error().message) != renewed.error().message) {
    notice("our renewed certificate is not used, the old one goes on: " + told_);
  }
  return last_good_;
}

UA_CertificateGroup PeerTrust::group(const UA_Logger* logger) {
  UA_CertificateGroup group{};
  group.context = this;
  group.logging = logger;
  group.verifyCertificate = on_verify;
  group.clear = [](UA_CertificateGroup*) {};
  return group;
}

UA_StatusCode PeerTrust::on_verify(UA_CertificateGroup* group, const UA_ByteString* certificate) {
  auto& self = *static_cast<PeerTrust*>(group->context);
  const auto verdict = self.verify(view(*certificate));
  if (verdict) return UA_STATUSCODE_GOOD;
  self.refusal_ = verdict.error().message;
  switch (verdict.error().code) {
    case ErrorCode::failed_precondition:
      return UA_STATUSCODE_BADCERTIFICATETIMEINVALID;
    case ErrorCode::unauthenticated:
      return UA_STATUSCODE_BADCERTIFICATEREVOKED;
    case ErrorCode::corrupt:
      return UA_STATUSCODE_BADCERTIFICATEINVALID;
    default:
      return UA_STATUSCODE_BADCERTIFICATEUNTRUSTED;
  }
}

Result<std::vector<UA_SecurityPolicy>> make_policies(const OwnCertificate& own, bool with_none,
                                                     const UA_Logger* logger) {
  const UA_ByteString certificate = borrow(own.certificate);
  const UA_ByteString key = borrow(own.key);
  std::vector<UA_SecurityPolicy> policies;
  UA_StatusCode status = UA_STATUSCODE_GOOD;
  if (with_none) status = UA_SecurityPolicy_None(&policies.emplace_back(), certificate, logger);
  if (status == UA_STATUSCODE_GOOD) {
    status = UA_SecurityPolicy_Basic256Sha256(&policies.emplace_back(), certificate, key, logger);
  }
  if (status == UA_STATUSCODE_GOOD) {
    status = UA_SecurityPolicy_Aes256Sha256RsaPss(&policies.emplace_back(), certificate, key, logger);
  }
  if (status == UA_STATUSCODE_GOOD) return policies;
  policies.pop_back();
  for (UA_SecurityPolicy& policy : policies) policy.clear(&policy);
  return fail(ErrorCode::failed_precondition,
              fmt::format("certificate and key cannot be used: {}; do they belong together?", status_text(status)));
}

UA_SecurityPolicy* to_library_array(std::vector<UA_SecurityPolicy> policies) {
  auto* array = static_cast<UA_SecurityPolicy*>(UA_malloc(policies.size() * sizeof(UA_SecurityPolicy)));
  std::ranges::copy(policies, array);
  return array;
}

LibraryLog::LibraryLog() {
  logger_.context = this;
  logger_.log = on_log;
}

void LibraryLog::on_log(void* context, UA_LogLevel level, UA_LogCategory, const char* format, va_list arguments) {
  if (level < UA_LOGLEVEL_ERROR) return;
  UA_String text = UA_STRING_NULL;
  if (UA_String_vformat(&text, format, arguments) == UA_STATUSCODE_GOOD) {
    static_cast<LibraryLog*>(context)->last_error_ = view(text);
  }
  UA_String_clear(&text);
}

}  // namespace millrace::opcua
