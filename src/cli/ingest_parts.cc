// SPDX-License-Identifier: Apache-2.0
#include "cli/ingest_parts.h"

#include <algorithm>

#include "cli/engine_parts.h"
#include "file/decompress.h"
#include "file/local_log_source.h"
#include "hash/digest.h"
#include "http/secret_text.h"
#include "kafka/kafka_ingest.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

// That reads what is sent: the http source itself, or the Kafka source of its topic.
const SourceConfig& reading_source(const Config& config, const HttpSourceConfig& senders) {
  for (const auto& source : config.sources) {
    if (const auto* kafka = std::get_if<KafkaSourceConfig>(&source.from)) {
      const auto& topics = kafka->topics;
      if (std::find(topics.begin(), topics.end(), senders.into) != topics.end()) return source;
    } else if (std::holds_alternative<HttpSourceConfig>(source.from) && senders.into.empty()) {
      return source;
    }
  }
  return config.sources.front();  // the reader of configs lets none through
}

Ingest::Answer answer_of(Intake::Answer answer) {
  using From = Intake::Answer::Kind;
  using To = Ingest::Answer::Kind;
  Ingest::Answer made;
  switch (answer.kind) {
    case From::taken: made.kind = To::taken; break;
    case From::unreadable: made.kind = To::unreadable; break;
    case From::too_large: made.kind = To::too_large; break;
    case From::unavailable: made.kind = To::unavailable; break;
  }
  made.events = answer.events;
  made.set_aside = answer.set_aside;
  for (auto& problem : answer.problems) {
    made.problems.push_back(
        {problem.element, std::string(name(problem.reason)), std::move(problem.detail)});
  }
  made.text = std::move(answer.text);
  made.durable_in = answer.durable_in;
  return made;
}

}  // namespace

const HttpSourceConfig* senders_of(const Config& config) {
  for (const auto& source : config.sources) {
    if (const auto* senders = std::get_if<HttpSourceConfig>(&source.from)) return senders;
  }
  return nullptr;
}

std::string local_log_folder(const Config& config) { return config.state.path + "/ingest"; }

Result<std::unique_ptr<IngestParts>> IngestParts::open(const Setup& setup) {
  const HttpSourceConfig* senders = senders_of(setup.config);
  if (senders == nullptr) return nullptr;
  std::unique_ptr<IngestParts> parts(new IngestParts());
  const SourceConfig& reader = reading_source(setup.config, *senders);
  if (senders->into.empty()) {
    LocalLogConfig config;
    config.folder = local_log_folder(setup.config);
    config.reserve = setup.disk_reserve;
    for (const auto& row : setup.state.partitions()) {
      if (row.name == LocalLogSource::name()) config.least_offset = row.position.next_offset;
    }
    auto log = LocalLog::open(std::move(config), setup.clock);
    if (!log) return tl::unexpected(log.error());
    parts->local_ = std::move(*log);
  } else {
    auto log = KafkaIngest::open(kafka_config(reader, {}, {}), {senders->into}, setup.log);
    if (!log) return tl::unexpected(log.error());
    parts->kafka_ = std::move(*log);
  }
  IngestLog& log = parts->local_ ? *parts->local_ : *parts->kafka_;
  parts->intake_ = std::make_unique<Intake>(log, reader.format, setup.clock);
  parts->token_ = senders->token.reveal();
  parts->helicone_secret_ = senders->helicone_secret.reveal();
  return parts;
}

Ingest IngestParts::ingest() {
  Ingest ingest;
  ingest.take = [this](std::string_view body) { return answer_of(intake_->take(body)); };
  ingest.gunzip = gunzip;
  ingest.token = token_;
  if (helicone_secret_.empty()) return ingest;
  ingest.signed_well = [this](std::string_view body, std::string_view signature) {
    const std::lock_guard lock(mutex_);
    return same_secret(to_lower(signature), hex(hmac_sha256(helicone_secret_, body)));
  };
  return ingest;
}

void IngestParts::reload(const Config& config) {
  const HttpSourceConfig* senders = senders_of(config);
  if (senders != nullptr) intake_->read_as(reading_source(config, *senders).format);
  const std::lock_guard lock(mutex_);
  if (senders != nullptr && !senders->helicone_secret.empty()) {
    helicone_secret_ = senders->helicone_secret.reveal();
  }
}

}  // namespace tocsin
