#include "net/tls/renewal.hpp"

#include "base/file.hpp"
#include "net/tls/certificate.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

namespace millrace::tls {
namespace {

/// Changes when the file is written or replaced.
std::string state_of(const std::filesystem::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return file.string() + " is absent";
  return fmt::format("{} {} {} {}.{}", file.string(), status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

Result<TimeUs> end_of_validity(const Credentials& credentials) {
  TRY_ASSIGN(const auto authority, read_file(credentials.certificate_authority));
  TRY_ASSIGN(const auto own, read_file(credentials.certificate));
  TRY_ASSIGN(const auto authority_info, read_certificate(authority));
  TRY_ASSIGN(const auto own_info, read_certificate(own));
  return std::min(authority_info.not_after_us, own_info.not_after_us);
}

}  // namespace

RenewedContext::RenewedContext(Credentials credentials, Role role, std::string peer_host)
    : credentials_(std::move(credentials)), role_(role), peer_host_(std::move(peer_host)) {}

std::vector<std::string> RenewedContext::fingerprint() const {
  std::vector<std::string> states = {state_of(credentials_.certificate_authority), state_of(credentials_.certificate),
                                     state_of(credentials_.key)};
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(credentials_.certificate_authority.parent_path(), error)) {
    if (entry.path().extension() == ".crl") states.push_back(state_of(entry.path()));
  }
  return states;
}

void RenewedContext::renew(TimeUs now_us) {
  auto renewed = make_context(credentials_, role_, now_us, peer_host_);
  outcome_ = renewed ? Result<void>() : fail(renewed.error());
  if (!renewed) return;
  context_ = std::move(*renewed);
  valid_until_us_ = end_of_validity(credentials_).value_or(now_us);
}

Result<Context> RenewedContext::current(TimeUs now_us) {
  if (auto states = fingerprint(); states != seen_ || !context_) {
    seen_ = std::move(states);
    renew(now_us);
    if (!context_) return fail(outcome_.error());
    if (!outcome_)
      log_error("renewed certificates are not used, the old ones go on", {{"why", outcome_.error().message}});
  }
  if (role_ == Role::client && now_us > valid_until_us_) {
    TRY(check_validity(credentials_.certificate_authority, now_us));
    TRY(check_validity(credentials_.certificate, now_us));
  }
  forget_verification_failure(context_.get());
  SSL_CTX_up_ref(context_.get());
  return Context(context_.get());
}

}  // namespace millrace::tls
