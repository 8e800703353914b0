#pragma once

#include <filesystem>

namespace millrace {

/// Where a process finds its X.509 identity: PEM files. The key is 0600.
struct Credentials {
  std::filesystem::path certificate_authority;  ///< whom we trust; *.crl in its folder are honoured
  std::filesystem::path certificate;            ///< who we are, with chain
  std::filesystem::path key;
};

}  // namespace millrace
