// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine_file.h"

#include <cerrno>
#include <system_error>

#include "alert/alert_json.h"
#include "document/json_writer.h"

namespace tocsin {
namespace {

std::string reason() { return std::generic_category().message(errno); }

}  // namespace

Result<QuarantineFile> QuarantineFile::open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "ae");
  if (file == nullptr)
    return reject("the quarantine file " + path + " cannot be written: " + reason());
  return QuarantineFile(path, file);
}

Result<void> QuarantineFile::write(const std::vector<SetAside>& set_aside,
                                   const std::vector<PartitionRow>& partitions) {
  std::string out;
  for (const auto& one : set_aside) {
    const auto& partition = partitions[one.partition].name;
    JsonWriter json(out);
    json.begin_object()
        .text("reason", name(one.reason))
        .text("topic", partition.topic)
        .number("partition", partition.partition)
        .number("offset", one.offset)
        .number("element", static_cast<std::int64_t>(one.element))
        .key("timestamp");
    if (one.timestamp) {
      json.text(rfc3339_text(*one.timestamp));
    } else {
      json.null();
    }
    json.text("detail", one.detail).end_object();
    out.push_back('\n');
  }
  if (std::fwrite(out.data(), 1, out.size(), file_.get()) != out.size() ||
      std::fflush(file_.get()) != 0) {
    return stop("the quarantine file " + path_ + " cannot be written: " + reason());
  }
  return {};
}

}  // namespace tocsin
