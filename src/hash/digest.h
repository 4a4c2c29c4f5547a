// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

// 32 bytes, most significant first. For identities that outlive a process and for signatures.
using Digest = std::array<std::uint8_t, 32>;

// Any thread. A failure of the cryptographic library ends the process: nothing could go on safely.
Digest sha256(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);

// Lower-case hex of the first `length` bytes: 64 digits for all.
std::string hex(const Digest& digest, std::size_t length = 32);

}  // namespace tocsin
