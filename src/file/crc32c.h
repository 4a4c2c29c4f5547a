// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

// CRC-32C (Castagnoli), as in RFC 3720: of "123456789" it is 0xe3069283.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace tocsin
