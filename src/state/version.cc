// SPDX-License-Identifier: Apache-2.0
#include "state/version.h"

#include <algorithm>

#include "hash/digest.h"
#include "state/keys.h"
#include "tocsin/row.h"

namespace tocsin {

Tariff make_tariff(std::string list_bytes, std::string choice) {
  Tariff tariff;
  tariff.list = hex(sha256(list_bytes), 16);
  tariff.choice = std::move(choice);
  tariff.bytes = std::make_shared<const std::string>(std::move(list_bytes));
  return tariff;
}

bool Version::holds(std::uint32_t partition, std::int64_t offset) const {
  const auto from =
      std::find_if(at.begin(), at.end(), [&](const auto& each) { return each.first == partition; });
  return from == at.end() || from->second <= offset;
}

std::string encode_version(const Version& version) {
  std::string bytes;
  RowWriter out(bytes);
  out.text(version.rules);
  out.number(version.at.size());
  for (const auto& [partition, offset] : version.at) {
    out.number(partition);
    out.signed_number(offset);
  }
  if (!version.tariff) return bytes;
  out.text(version.tariff->list);
  out.text(version.tariff->choice);
  out.number(version.in_force.size());
  for (const auto state : version.in_force) out.number(state);
  out.signed_number(to_ms(version.time));
  return bytes;
}

bool decode_version(std::string_view bytes, Version& version) {
  RowReader in(bytes);
  version.rules = in.text();
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    const auto partition = static_cast<std::uint32_t>(in.number());
    version.at.emplace_back(partition, in.signed_number());
  }
  if (!in.ok() || in.done()) return in.ok();
  Tariff& tariff = version.tariff.emplace();
  tariff.list = in.text();
  tariff.choice = in.text();
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    version.in_force.push_back(static_cast<std::uint32_t>(in.number()));
  }
  version.time = event_time_ms(in.signed_number());
  return in.ok() && in.done();
}

Result<std::vector<Version>> read_versions(const Snapshot& store) {
  std::vector<Version> versions;
  bool good = true;
  const std::string from(1, key::kVersion);
  auto scanned = store.scan(from, key::after(from), [&](auto key, auto value) {
    Version& version = versions.emplace_back();
    version.commit = key::read_u64(key.substr(1));
    good = decode_version(value, version);
    return good;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  if (!good) return stop("the state is damaged: which rules judged cannot be read");
  return versions;
}

}  // namespace tocsin
