// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tocsin {

// Who sends or gets mail: "Ada <ada@company.example>", or the address alone.
struct MailAddress {
  std::string name;     // UTF-8, may be empty; no controls and none of < > " and the backslash
  std::string address;  // ASCII, one @, nothing in it that SMTP or a header would need quoted

  std::string domain() const { return address.substr(address.find('@') + 1); }
  friend bool operator==(const MailAddress&, const MailAddress&) = default;
};

}  // namespace tocsin
