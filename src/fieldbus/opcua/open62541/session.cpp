#include "fieldbus/opcua/open62541/session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <open62541/client_config_default.h>
#include <algorithm>
#include <array>
#include <cstring>

namespace millrace::opcua {
namespace {

std::uint32_t to_ms(std::int64_t us) { return static_cast<std::uint32_t>(us / 1000); }

std::string_view short_name(std::string_view policy_uri) {
  const std::size_t hash = policy_uri.find('#');
  return hash == std::string_view::npos ? policy_uri : policy_uri.substr(hash + 1);
}

std::string_view mode_name(UA_MessageSecurityMode mode) {
  switch (mode) {
    case UA_MESSAGESECURITYMODE_NONE:
      return "None";
    case UA_MESSAGESECURITYMODE_SIGN:
      return "Sign";
    case UA_MESSAGESECURITYMODE_SIGNANDENCRYPT:
      return "SignAndEncrypt";
    default:
      return "invalid";
  }
}

}  // namespace

Session::Session(const ClientOptions& options, RenewedCertificate& certificate, const Clock& clock,
                 const std::deque<NodeName>& names, SessionSink& sink)
    : options_(options),
      clock_(clock),
      names_(names),
      sink_(sink),
      trust_(TrustStore(options.identity.trusted, options.identity.rejected), clock),
      certificate_(certificate),
      block_size_(options.block_size) {}

Session::~Session() {
  closing_ = true;
  if (client_ != nullptr) UA_Client_delete(client_);
}

Result<UA_ClientConfig> Session::make_config(bool discovery) {
  UA_ClientConfig config{};
  config.logging = log_.logger();
  config.certificateVerification = trust_.group(log_.logger());
  config.clientDescription.applicationUri = copy(options_.identity.application_uri);
  config.clientDescription.applicationType = UA_APPLICATIONTYPE_CLIENT;
  config.timeout = to_ms(options_.request_timeout_us);
  config.noReconnect = true;  // lost sessions are replaced by us, with all that belongs to it
  config.noNewSession = true;
  config.requestedSessionTimeout = 60'000;
  // FindServers makes the library move to an address that the server announces, often a name that only the server can
  // resolve. No server has this URI, so that the library stays with the configured address.
  config.applicationUri = copy("urn:millrace:keep-the-configured-address");
  if (!discovery) {
    TRY_ASSIGN(auto policies, make_policies(own_, true, log_.logger()));
    config.securityPoliciesSize = policies.size();
    config.securityPolicies = to_library_array(std::move(policies));
    config.securityMode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
    config.securityPolicyUri = copy(policy_uri(options_.security_policy));
  }
  if (discovery) {  // named here, else the library looks for an endpoint without security, which good servers do not
                    // offer
    config.endpoint.endpointUrl = copy(options_.endpoint_url);
    config.endpoint.securityMode = UA_MESSAGESECURITYMODE_NONE;
    config.endpoint.securityPolicyUri = copy("http://opcfoundation.org/UA/SecurityPolicy#None");
  }
  const UA_StatusCode status = UA_ClientConfig_setDefault(&config);
  if (status != UA_STATUSCODE_GOOD)
    return fail(ErrorCode::internal, fmt::format("OPC UA client: {}", status_text(status)));
  return config;
}

Result<void> Session::discover(UA_EndpointDescription& chosen) {
  TRY_ASSIGN(UA_ClientConfig config, make_config(true));
  UA_Client* client = UA_Client_newWithConfig(&config);
  UA_EndpointDescription* endpoints = nullptr;
  std::size_t count = 0;
  const UA_StatusCode status = UA_Client_getEndpoints(client, options_.endpoint_url.c_str(), &count, &endpoints);
  Result<void> result;
  if (status != UA_STATUSCODE_GOOD) {
    result = fail(ErrorCode::unavailable,
                  fmt::format("cannot reach the OPC UA server at {}: {}; is it running, is the address right?",
                              options_.endpoint_url, status_text(status)));
  } else {
    result = choose({endpoints, count}, chosen);
  }
  UA_Array_delete(endpoints, count, &UA_TYPES[UA_TYPES_ENDPOINTDESCRIPTION]);
  UA_Client_delete(client);
  return result;
}

Result<void> Session::choose(std::span<UA_EndpointDescription> offered, UA_EndpointDescription& chosen) const {
  std::vector<std::string> names;
  for (const UA_EndpointDescription& endpoint : offered) {
    names.push_back(
        fmt::format("{} {}", short_name(view(endpoint.securityPolicyUri)), mode_name(endpoint.securityMode)));
    if (view(endpoint.securityPolicyUri) != policy_uri(options_.security_policy)) continue;
    if (endpoint.securityMode != UA_MESSAGESECURITYMODE_SIGNANDENCRYPT) continue;
    TRY(check_user_token(endpoint));
    UA_EndpointDescription_copy(&endpoint, &chosen);
    // Servers announce names that only they can resolve; the configured address is the one that works from here.
    UA_String_clear(&chosen.endpointUrl);
    chosen.endpointUrl = copy(options_.endpoint_url);
    return {};
  }
  return fail(
      ErrorCode::failed_precondition,
      fmt::format("the server at {} does not offer {} SignAndEncrypt, only: {}; choose one of both sides' policies",
                  options_.endpoint_url, to_string(options_.security_policy), fmt::join(names, ", ")));
}

Result<void> Session::check_user_token(const UA_EndpointDescription& endpoint) const {
  const UA_UserTokenType wanted = !options_.user.empty()               ? UA_USERTOKENTYPE_USERNAME
                                  : !options_.user_certificate.empty() ? UA_USERTOKENTYPE_CERTIFICATE
                                                                       : UA_USERTOKENTYPE_ANONYMOUS;
  constexpr std::array<std::string_view, 4> names = {"anonymous", "user name", "user certificate", "issued token"};
  std::vector<std::string_view> offered;
  for (const UA_UserTokenPolicy& policy : std::span(endpoint.userIdentityTokens, endpoint.userIdentityTokensSize)) {
    if (policy.tokenType == wanted) return {};
    if (static_cast<std::size_t>(policy.tokenType) < names.size()) offered.push_back(names[policy.tokenType]);
  }
  return fail(ErrorCode::failed_precondition,
              fmt::format("the server at {} does not let anybody log in by {}, only by: {}", options_.endpoint_url,
                          names[wanted], fmt::join(offered, ", ")));
}

Result<void> Session::set_user(UA_ClientConfig& config) const {
  UA_StatusCode status = UA_STATUSCODE_GOOD;
  if (!options_.user.empty()) {
    status = UA_ClientConfig_setAuthenticationUsername(&config, options_.user.c_str(), options_.password.c_str());
  } else if (!options_.user_certificate.empty()) {
    TRY_ASSIGN(const std::string certificate, load_certificate_der(options_.user_certificate));
    TRY_ASSIGN(const std::string key, load_key_der(options_.user_key));
    status = UA_ClientConfig_setAuthenticationCert(&config, borrow(certificate), borrow(key));
  }
  if (status == UA_STATUSCODE_GOOD) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("the user's credentials cannot be used: {}", status_text(status)));
}

Error Session::explain_refusal(UA_StatusCode status) const {
  const std::string& url = options_.endpoint_url;
  const std::string who = !options_.user.empty()
                              ? fmt::format("user \"{}\"", options_.user)
                              : fmt::format("user certificate {}", options_.user_certificate.string());
  switch (status) {
    case UA_STATUSCODE_BADUSERACCESSDENIED:
    case UA_STATUSCODE_BADIDENTITYTOKENREJECTED:
    case UA_STATUSCODE_BADIDENTITYTOKENINVALID:
    case UA_STATUSCODE_BADUSERSIGNATUREINVALID:
      return {ErrorCode::unauthenticated,
              fmt::format("the server at {} refused {}: wrong name, password or certificate ({})", url, who,
                          status_text(status))};
    case UA_STATUSCODE_BADCERTIFICATEUNTRUSTED:
    case UA_STATUSCODE_BADCERTIFICATEINVALID:
    case UA_STATUSCODE_BADCERTIFICATETIMEINVALID:
    case UA_STATUSCODE_BADCERTIFICATEURIINVALID:
    case UA_STATUSCODE_BADCERTIFICATEREVOKED:
    case UA_STATUSCODE_BADCERTIFICATEUSENOTALLOWED:
    case UA_STATUSCODE_BADSECURITYCHECKSFAILED:
      return {ErrorCode::permission_denied,
              fmt::format("the server at {} refused our certificate {} ({}): somebody must trust it there, usually by "
                          "moving it from "
                          "the server's folder of rejected certificates to the trusted ones",
                          url, options_.identity.certificate.string(), status_text(status))};
    default:
      return {ErrorCode::unavailable,
              fmt::format("connecting to the OPC UA server at {} failed: {}{}{}", url, status_text(status),
                          log_.last_error().empty() ? "" : ": ", log_.last_error())};
  }
}

Error Session::lost(std::string_view doing, UA_StatusCode status) const {
  return {ErrorCode::unavailable, fmt::format("OPC UA session with {} is lost while {}: {}", options_.endpoint_url,
                                              doing, status_text(status))};
}

Result<void> Session::open() {
  TRY_ASSIGN(own_,
             certificate_.current(clock_.now_us(), [this](std::string text) { sink_.on_notice(std::move(text)); }));
  Owned<UA_EndpointDescription> endpoint(UA_TYPES[UA_TYPES_ENDPOINTDESCRIPTION]);
  TRY(discover(*endpoint));
  if (auto trusted = trust_.verify(view(endpoint->serverCertificate)); !trusted) {
    return fail(trusted.error().with_context(fmt::format("OPC UA server at {}", options_.endpoint_url)));
  }
  TRY_ASSIGN(UA_ClientConfig config, make_config(false));
  UA_EndpointDescription_copy(&*endpoint, &config.endpoint);
  const auto user = set_user(config);
  client_ = UA_Client_newWithConfig(&config);
  TRY(user);
  log_.forget();
  const UA_StatusCode status = UA_Client_connect(client_, options_.endpoint_url.c_str());
  if (status != UA_STATUSCODE_GOOD) return fail(explain_refusal(status));
  heard_us_ = clock_.monotonic_us();
  return {};
}

Result<void> Session::turn(std::uint32_t timeout_ms, bool may_publish) {
  may_publish_ = may_publish;
  if (!failure_) {
    while (may_publish_ && subscription_ != 0 && outstanding_ < outstanding_limit_ && !failure_) send_publish();
  }
  const UA_StatusCode status = UA_Client_run_iterate(client_, timeout_ms);
  if (failure_) return fail(*failure_);
  if (status != UA_STATUSCODE_GOOD) return fail(lost("waiting for values", status));
  const std::int64_t now_us = clock_.monotonic_us();
  if (subscription_ == 0 || outstanding_ == 0) {
    heard_us_ = now_us;  // nobody was asked to speak
  } else if (now_us - heard_us_ > silence_limit_us_) {
    watchdog_fired_ = true;
    return fail(ErrorCode::timed_out,
                fmt::format("the OPC UA server at {} has been silent for {:.1f} s, longer than its keep-alive",
                            options_.endpoint_url, static_cast<double>(now_us - heard_us_) / 1e6));
  }
  return {};
}

void Session::on_response(UA_Client*, void* waiting, UA_UInt32, void* response) {
  auto& call = *static_cast<Waiting*>(waiting);
  call.done = true;
  if (call.response == nullptr) return;
  std::memcpy(call.response, response, call.type->memSize);  // moved: the library clears what it gave
  UA_init(response, call.type);
}

UA_StatusCode Session::exchange(const void* request, const UA_DataType& request_type, void* response,
                                const UA_DataType& response_type) {
  auto waiting = std::make_unique<Waiting>(Waiting{response, &response_type});
  UA_StatusCode status =
      __UA_Client_AsyncService(client_, request, &request_type, on_response, &response_type, waiting.get(), nullptr);
  if (status != UA_STATUSCODE_GOOD) return status;
  while (!waiting->done && status == UA_STATUSCODE_GOOD)
    status = UA_Client_run_iterate(client_, to_ms(options_.request_timeout_us));
  if (waiting->done) return static_cast<UA_ResponseHeader*>(response)->serviceResult;
  waiting->response = nullptr;
  given_up_.push_back(std::move(waiting));
  return status;
}

void Session::send_publish() {
  UA_PublishRequest request;
  UA_PublishRequest_init(&request);
  request.requestHeader.timeoutHint = 600'000;  // the watchdog is faster; this must not expire between keep-alives
  request.subscriptionAcknowledgements = acknowledgements_.data();
  request.subscriptionAcknowledgementsSize = acknowledgements_.size();
  const UA_StatusCode status = __UA_Client_AsyncService(client_, &request, &UA_TYPES[UA_TYPES_PUBLISHREQUEST],
                                                        on_publish, &UA_TYPES[UA_TYPES_PUBLISHRESPONSE], this, nullptr);
  if (status != UA_STATUSCODE_GOOD) {
    failure_ = lost("asking for values", status);
    return;
  }
  acknowledgements_.clear();
  ++outstanding_;
}

void Session::on_publish(UA_Client*, void* self, UA_UInt32, void* response) {
  auto& session = *static_cast<Session*>(self);
  if (!session.closing_) session.handle_publish(*static_cast<UA_PublishResponse*>(response));
}

void Session::handle_publish(UA_PublishResponse& response) {
  --outstanding_;
  const UA_StatusCode status = response.responseHeader.serviceResult;
  if (status == UA_STATUSCODE_BADTOOMANYPUBLISHREQUESTS && outstanding_limit_ > 1) {
    --outstanding_limit_;
    return;
  }
  if (status != UA_STATUSCODE_GOOD) {
    if (!failure_) failure_ = lost("waiting for values", status);
    return;
  }
  if (response.subscriptionId != subscription_) return;
  heard_us_ = clock_.monotonic_us();
  ++publish_responses_;
  UA_NotificationMessage& message = response.notificationMessage;
  // OPC 10000-4, 5.14.1.1: numbers rise by one and skip 0; a keep-alive carries the number of the next message.
  const std::uint32_t expected = sequence_ + 1 == 0 ? 1 : sequence_ + 1;
  const bool keep_alive = message.notificationDataSize == 0;
  if (keep_alive ? message.sequenceNumber > expected : message.sequenceNumber != expected) sink_.on_gap();
  if (!keep_alive) {
    sequence_ = message.sequenceNumber;
    acknowledgements_.push_back({.subscriptionId = subscription_, .sequenceNumber = sequence_});
  } else if (message.sequenceNumber > expected) {
    sequence_ = message.sequenceNumber - 1;
  }
  const TimeUs now_us = clock_.now_us();
  for (UA_ExtensionObject& data : std::span(message.notificationData, message.notificationDataSize)) {
    handle_notification(data, now_us);
  }
  if (may_publish_ && !failure_) send_publish();
}

void Session::handle_notification(UA_ExtensionObject& message, TimeUs now_us) {
  if (message.encoding != UA_EXTENSIONOBJECT_DECODED) return;
  if (message.content.decoded.type == &UA_TYPES[UA_TYPES_DATACHANGENOTIFICATION]) {
    auto& change = *static_cast<UA_DataChangeNotification*>(message.content.decoded.data);
    for (const UA_MonitoredItemNotification& item : std::span(change.monitoredItems, change.monitoredItemsSize)) {
      if (item.clientHandle >= names_.size()) continue;
      const bool overflow = item.value.hasStatus && overflowed(item.value.status);
      if (const auto sample = to_sample(item.clientHandle, item.value, now_us))
        sink_.on_value(item.clientHandle, *sample, overflow);
    }
  } else if (message.content.decoded.type == &UA_TYPES[UA_TYPES_STATUSCHANGENOTIFICATION]) {
    const auto& change = *static_cast<UA_StatusChangeNotification*>(message.content.decoded.data);
    if (change.status != UA_STATUSCODE_GOOD) failure_ = lost("the server ended the subscription", change.status);
  }
}

}  // namespace millrace::opcua
