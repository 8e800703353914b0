// A use case file with anything in it gives a use case or a list of problems, never a crash; its meaning has a hash.
// hash.
#include "usecase/usecase.hpp"
#include "usecase/diff.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto use_case = millrace::parse_use_case(text, "fuzz.yaml");
  if (!use_case && use_case.error().message.empty()) std::abort();
  if (use_case && !millrace::use_case_hash(text)) std::abort();
  auto changes = millrace::diff_use_cases(text, text);
  if (changes && !changes->empty()) std::abort();  // nothing differs from itself
  return 0;
}
