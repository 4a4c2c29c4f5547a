// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tocsin {

// The words of the language: what the reader takes, what errors offer, what a schema would list.
// A word that is not built yet is refused as such, which is another thing than an unknown word.
enum class Built : std::uint8_t { yes, not_yet };

struct Word {
  std::string_view text;
  Built built = Built::yes;
};

using Words = std::span<const Word>;

namespace words {

inline constexpr std::array kRuleFile = {Word{"rules"}, Word{"defaults"}};

inline constexpr std::array kRule = {
    Word{"name"},
    Word{"summary"},
    Word{"where"},
    Word{"group_by"},
    Word{"window"},
    Word{"starts"},
    Word{"time_zone"},
    Word{"metric"},
    Word{"budget"},
    Word{"budgets"},
    Word{"alert"},
    Word{"threshold"},
    Word{"min_requests"},
    Word{"for"},
    Word{"keep_firing_for"},
    Word{"notify"},
    Word{"notify_resolved"},
    Word{"labels"},
    Word{"description"},
    Word{"runbook"},
    Word{"enabled"},
    Word{"max_groups"},
    Word{"compare_to", Built::not_yet},
    Word{"min_cost", Built::not_yet},
    Word{"resolve_at", Built::not_yet},
    Word{"repeat_every", Built::not_yet},
    Word{"enforce", Built::not_yet},
    Word{"renamed_from", Built::not_yet},
    Word{"backfill", Built::not_yet},
};

inline constexpr std::array kMetric = {
    Word{"cost"},
    Word{"requests"},
    Word{"input_tokens"},
    Word{"output_tokens"},
    Word{"cached_tokens"},
    Word{"tokens"},
    Word{"errors"},
    Word{"unpriced_requests"},
    Word{"error_rate"},
    Word{"cache_hit_rate", Built::not_yet},
    Word{"prompt_cache_rate", Built::not_yet},
    Word{"cost_per_request", Built::not_yet},
    Word{"cost_per_session", Built::not_yet},
    Word{"cost_per_user", Built::not_yet},
    Word{"latency_p50", Built::not_yet},
    Word{"latency_p90", Built::not_yet},
    Word{"latency_p95", Built::not_yet},
    Word{"latency_p99", Built::not_yet},
    Word{"first_seen", Built::not_yet},
};

inline constexpr std::array kWindow = {
    Word{"hour"},    Word{"day"},  Word{"week"},     Word{"month"},
    Word{"quarter"}, Word{"year"}, Word{"lifetime"}, Word{"session", Built::not_yet},
};

inline constexpr std::array kSeverity = {Word{"info"}, Word{"warning"}, Word{"critical"}};

inline constexpr std::array kRung = {Word{"severity"}, Word{"notify"}};

// What a field of `where` may be asked.
inline constexpr std::array kCondition = {
    Word{"not"},   Word{"matches"}, Word{"exists"},
    Word{"above"}, Word{"below"},   Word{"in", Built::not_yet},
};

// Columns of a table of budgets beside its groups.
inline constexpr std::array kBudgetColumn = {
    Word{"budget"},
    Word{"from", Built::not_yet},
    Word{"until", Built::not_yet},
    Word{"notify", Built::not_yet},
};

inline constexpr std::array kConfig = {
    Word{"sources"},
    Word{"state"},
    Word{"time_zone"},
    Word{"public_url"},
    Word{"notify"},
    Word{"channels"},
    Word{"rules"},
    Word{"prices"},
    Word{"cost"},
    Word{"http"},
    Word{"max_future"},
    Word{"out_of_order"},
    Word{"lateness"},
    Word{"group_interval"},
    Word{"stale_after"},
    Word{"max_groups"},
    Word{"quarantine"},
    Word{"lookup", Built::not_yet},
    Word{"dimensions", Built::not_yet},
    Word{"reports", Built::not_yet},
    Word{"requests", Built::not_yet},
};

inline constexpr std::array kSource = {
    Word{"kafka"}, Word{"file"},    Word{"format"},
    Word{"start"}, Word{"workers"}, Word{"mapping", Built::not_yet},
};

inline constexpr std::array kKafka = {Word{"brokers"}, Word{"topics"}, Word{"tls"},
                                      Word{"sasl"},    Word{"group"},  Word{"properties"}};
inline constexpr std::array kTls = {Word{"ca_file"}, Word{"cert_file", Built::not_yet},
                                    Word{"key_file", Built::not_yet}};
inline constexpr std::array kSasl = {Word{"mechanism"}, Word{"user"}, Word{"password_file"},
                                     Word{"password"}};
inline constexpr std::array kSaslMechanism = {Word{"plain"}, Word{"scram-sha-256"},
                                              Word{"scram-sha-512"}, Word{"gssapi", Built::not_yet},
                                              Word{"oauthbearer", Built::not_yet}};

inline constexpr std::array kFormat = {
    Word{"auto"},
    Word{"native"},
    Word{"helicone"},
    Word{"otlp_proto", Built::not_yet},
    Word{"otlp_json", Built::not_yet},
    Word{"litellm", Built::not_yet},
    Word{"cloudevents", Built::not_yet},
    Word{"openai", Built::not_yet},
    Word{"anthropic", Built::not_yet},
    Word{"gemini", Built::not_yet},
    Word{"bedrock", Built::not_yet},
    Word{"mapping", Built::not_yet},
};
inline constexpr std::array kStart = {Word{"windows"}, Word{"earliest"}, Word{"latest"}};

inline constexpr std::array kState = {Word{"path"}, Word{"memory"}, Word{"retention"}};
inline constexpr std::array kNotify = {Word{"info"}, Word{"warning"}, Word{"critical"},
                                       Word{"engine"}};
inline constexpr std::array kChannel = {
    Word{"slack"},
    Word{"webhook"},
    Word{"email", Built::not_yet},
    Word{"via", Built::not_yet},
    Word{"hours", Built::not_yet},
    Word{"outside", Built::not_yet},
};
inline constexpr std::array kSlack = {Word{"webhook_url"}, Word{"webhook_url_file"}};
inline constexpr std::array kWebhook = {Word{"url"}, Word{"url_file"}, Word{"hmac_secret"},
                                        Word{"hmac_secret_file"}};
inline constexpr std::array kHttp = {Word{"listen"}, Word{"token_file"}};
inline constexpr std::array kQuarantine = {Word{"file"}, Word{"topic", Built::not_yet}};
inline constexpr std::array kCost = {Word{"computed"}, Word{"reported"}};
// A mount of rules: `- {files: …, team: …}`.
inline constexpr std::array kMount = {
    Word{"files", Built::not_yet}, Word{"team", Built::not_yet}, Word{"only", Built::not_yet},
    Word{"channels", Built::not_yet}, Word{"enforce", Built::not_yet}};

}  // namespace words
}  // namespace tocsin
