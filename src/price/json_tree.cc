// SPDX-License-Identifier: Apache-2.0
#include "price/json_tree.h"

#include <simdjson.h>

#include <algorithm>

namespace tocsin::prices {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr int kDepthMax = 32;

error_code read(ondemand::value value, int depth, Json& out);

error_code read_array(ondemand::value value, int depth, Json& out) {
  ondemand::array array;
  if (const auto wrong = value.get_array().get(array)) return wrong;
  for (auto item : array) {
    ondemand::value inner;
    if (const auto wrong = std::move(item).get(inner)) return wrong;
    if (const auto wrong = read(inner, depth + 1, out.items.emplace_back())) return wrong;
  }
  return simdjson::SUCCESS;
}

error_code read_object(ondemand::value value, int depth, Json& out) {
  ondemand::object object;
  if (const auto wrong = value.get_object().get(object)) return wrong;
  for (auto each : object) {
    ondemand::field field;
    if (const auto wrong = std::move(each).get(field)) return wrong;
    std::string_view key;
    if (const auto wrong = field.unescaped_key().get(key)) return wrong;
    auto& [name, inner] = out.fields.emplace_back();
    name = key;
    if (const auto wrong = read(field.value(), depth + 1, inner)) return wrong;
  }
  return simdjson::SUCCESS;
}

error_code read(ondemand::value value, int depth, Json& out) {
  if (depth > kDepthMax) return simdjson::DEPTH_ERROR;
  ondemand::json_type type;
  if (const auto wrong = value.type().get(type)) return wrong;
  switch (type) {
    case ondemand::json_type::array:
      out.kind = Json::Kind::array;
      return read_array(value, depth, out);
    case ondemand::json_type::object:
      out.kind = Json::Kind::object;
      return read_object(value, depth, out);
    case ondemand::json_type::string: {
      out.kind = Json::Kind::text;
      std::string_view text;
      const auto wrong = value.get_string().get(text);
      out.text = text;
      return wrong;
    }
    case ondemand::json_type::number: {
      out.kind = Json::Kind::number;
      const std::string_view token = value.raw_json_token();
      out.text = token.substr(0, std::min(token.find_last_not_of(" \t\r\n") + 1, token.size()));
      simdjson::ondemand::number number;
      return value.get_number().get(number);
    }
    case ondemand::json_type::boolean: {
      out.kind = Json::Kind::boolean;
      bool truth = false;
      const auto wrong = value.get_bool().get(truth);
      out.text = truth ? "true" : "false";
      return wrong;
    }
    case ondemand::json_type::null: {
      // Its result turns into a bool by itself, and throws then if there is none.
      bool is_null = false;
      if (const auto wrong = value.is_null().get(is_null)) return wrong;
      return is_null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
    }
  }
  return simdjson::TAPE_ERROR;
}

}  // namespace

const Json* Json::find(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value.kind == Kind::null ? nullptr : &value;
  }
  return nullptr;
}

std::optional<Json> parse_json(const std::string& file, std::string_view bytes,
                               Diagnostics& diagnostics) {
  const auto refuse = [&](const std::string& why) {
    diagnostics.push_back(file_error(file, "it is no JSON: " + why, "was it saved whole?"));
    return std::nullopt;
  };
  if (bytes.size() > kJsonListMax) {
    diagnostics.push_back(file_error(file, "it is larger than 64 MB"));
    return std::nullopt;
  }
  ondemand::parser parser;
  const simdjson::padded_string padded(bytes);
  ondemand::document document;
  error_code wrong = parser.iterate(padded).get(document);
  if (wrong) return refuse(simdjson::error_message(wrong));
  Json root;
  ondemand::value value;
  wrong = document.get_value().get(value);
  if (!wrong) wrong = read(value, 0, root);
  if (wrong) {
    const char* at = nullptr;
    if (document.current_location().get(at)) return refuse(simdjson::error_message(wrong));
    const std::string_view before(padded.data(), static_cast<std::size_t>(at - padded.data()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    return refuse(std::string(simdjson::error_message(wrong)) + " Near line " +
                  std::to_string(line) + ".");
  }
  const char* more = nullptr;
  if (!document.current_location().get(more)) return refuse("there is more after its end");
  return root;
}

}  // namespace tocsin::prices
