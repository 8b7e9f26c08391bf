// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/query.h"

#include <algorithm>

namespace sandbar::http::detail {
namespace {

std::optional<std::string> decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

Parameters::Parameters(std::string_view raw_query) {
  if (raw_query.empty()) return;
  for (auto pair : split(raw_query, '&')) {
    auto equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals));
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (name && value) values_.emplace_back(*std::move(name), *std::move(value));
  }
}

const std::string* Parameters::find(std::string_view name) const {
  for (const auto& [key, value] : values_)
    if (key == name) return &value;
  return nullptr;
}

std::vector<std::string> Parameters::list(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : values_) {
    if (key != name) continue;
    for (auto piece : split(value, ','))
      if (auto text = trim(piece); !text.empty()) out.emplace_back(text);
  }
  return out;
}

}  // namespace sandbar::http::detail
