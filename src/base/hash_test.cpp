#include "base/hash.hpp"

#include "base/id.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Hash, sha256_of_the_fips_180_example) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, crc32c_of_the_rfc_3720_example) { EXPECT_EQ(crc32c("123456789"), 0xE3069283u); }

TEST(Hash, crc32c_of_any_length_is_the_polynomial_bit_by_bit) {
  std::string bytes;
  for (int length = 0; length < 40; ++length) {
    std::uint32_t expected = 0xFFFFFFFFu;
    for (unsigned char byte : bytes) {
      expected ^= byte;
      for (int bit = 0; bit < 8; ++bit) expected = (expected >> 1) ^ (0x82F63B78u & (0u - (expected & 1)));
    }
    EXPECT_EQ(crc32c(bytes), expected ^ 0xFFFFFFFFu) << length << " bytes";
    bytes.push_back(static_cast<char>(length * 37 + 11));
  }
}

TEST(Hash, base64_pads) { EXPECT_EQ(to_base64("ab"), "YWI="); }

TEST(Id, time_ordered_ids_sort_by_time_and_carry_version_7) {
  auto earlier = time_ordered_id(1'000'000'000);
  auto later = time_ordered_id(1'000'002'000);
  EXPECT_LT(earlier, later);
  EXPECT_EQ(earlier.size(), 36u);
  EXPECT_EQ(earlier[14], '7');
}

TEST(Id, secrets_differ_and_are_safe_in_urls) {
  auto secret = random_secret();
  EXPECT_NE(secret, random_secret());
  EXPECT_EQ(secret.find_first_of("+/="), std::string::npos);
}

}  // namespace
}  // namespace millrace
