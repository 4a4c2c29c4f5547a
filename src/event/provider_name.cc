// SPDX-License-Identifier: Apache-2.0
#include "event/provider_name.h"

#include "event/name_table.h"

namespace tocsin::wire {
namespace {

enum class Maker : std::uint8_t {
  none,
  aws,
  azure,
  google,
  mistral,
  moonshot,
  xai,
  cohere,
  openai,
  alibaba
};

constexpr std::string_view kProviderNames[] = {{},           "aws",  "azure",  "google", "mistral",
                                               "moonshotai", "x-ai", "cohere", "openai", "alibaba"};

// OpenTelemetry's well-known values, then LiteLLM's names.
constexpr NameTable<Maker> kMakers = {{"aws.bedrock", Maker::aws},
                                      {"azure.ai.inference", Maker::azure},
                                      {"azure.ai.openai", Maker::azure},
                                      {"az.ai.inference", Maker::azure},
                                      {"az.ai.openai", Maker::azure},
                                      {"gcp.gemini", Maker::google},
                                      {"gcp.gen_ai", Maker::google},
                                      {"gcp.vertex_ai", Maker::google},
                                      {"mistral_ai", Maker::mistral},
                                      {"moonshot_ai", Maker::moonshot},
                                      {"x_ai", Maker::xai},
                                      {"bedrock", Maker::aws},
                                      {"bedrock_converse", Maker::aws},
                                      {"azure_ai", Maker::azure},
                                      {"gemini", Maker::google},
                                      {"vertex_ai", Maker::google},
                                      {"moonshot", Maker::moonshot},
                                      {"xai", Maker::xai},
                                      {"cohere_chat", Maker::cohere},
                                      {"text-completion-openai", Maker::openai},
                                      {"dashscope", Maker::alibaba}};

struct Beginning {
  std::string_view begins, maker;
};
constexpr Beginning kBeginnings[] = {{"claude", "anthropic"},    {"gemini", "google"},
                                     {"gpt-", "openai"},         {"chatgpt-", "openai"},
                                     {"o1", "openai"},           {"o3", "openai"},
                                     {"o4-", "openai"},          {"text-embedding-", "openai"},
                                     {"computer-use", "openai"}, {"qwen-turbo", "alibaba"},
                                     {"qwen-plus", "alibaba"},   {"qwen-max", "alibaba"}};

}  // namespace

std::string_view provider_name(std::string_view lower) {
  const Maker maker = kMakers.find(Name(lower));
  return maker == Maker::none ? lower : kProviderNames[static_cast<std::size_t>(maker)];
}

std::string_view maker_of(std::string_view model) {
  for (const Beginning& one : kBeginnings) {
    if (model.starts_with(one.begins)) return one.maker;
  }
  return {};
}

}  // namespace tocsin::wire
