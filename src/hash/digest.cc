// SPDX-License-Identifier: Apache-2.0
#include "hash/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

namespace tocsin {

Digest sha256(std::string_view bytes) {
  // Fetching the algorithm anew in every call costs more than hashing a short text.
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Digest digest;
  unsigned length = 0;
  if (kAlgorithm == nullptr ||
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, kAlgorithm, nullptr) != 1 ||
      length != digest.size()) {
    std::abort();
  }
  return digest;
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest digest;
  std::size_t length = 0;
  // A null key would mean "the key of the call before".
  const char* const key_data = key.empty() ? "" : key.data();
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_data, key.size(),
                reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(),
                digest.size(), &length) == nullptr ||
      length != digest.size()) {
    std::abort();
  }
  return digest;
}

std::string hex(const Digest& digest, std::size_t length) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(length * 2);
  for (std::size_t i = 0; i < std::min(length, digest.size()); ++i) {
    text.push_back(kDigits[digest[i] >> 4]);
    text.push_back(kDigits[digest[i] & 15]);
  }
  return text;
}

}  // namespace tocsin
