// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/message.h"

#include <algorithm>

#include "sandbar/base/strings.h"

namespace sandbar::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};

constexpr Reason kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
};

std::optional<std::string> decode_form(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

// Calls visit(value) for each parameter of that name until it returns false.
template <class Visit>
void each_parameter(std::string_view query, std::string_view name, Visit visit) {
  for (auto pair : split(query, '&')) {
    auto equals = pair.find('=');
    auto key = decode_form(pair.substr(0, equals));
    if (!key || *key != name || pair.empty()) continue;
    auto raw = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (!visit(decode_form(raw))) return;
  }
}

}  // namespace

std::string_view Headers::get(std::string_view name) const {
  for (const auto& [key, value] : entries_)
    if (equals_ignore_case(key, name)) return value;
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(entries_, [&](const Entry& e) { return equals_ignore_case(e.first, name); });
}

void Headers::set(std::string_view name, std::string_view value) {
  std::string kept_value(value);  // `value` may point into an entry that goes away
  std::string kept_name(name);
  remove(kept_name);
  entries_.emplace_back(std::move(kept_name), std::move(kept_value));
}

void Headers::add(std::string_view name, std::string_view value) {
  entries_.emplace_back(std::string(name), std::string(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(entries_, [&](const Entry& e) { return equals_ignore_case(e.first, name); });
}

std::string_view RequestHead::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string_view RequestHead::raw_query() const {
  auto mark = target.find('?');
  return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

std::optional<std::string> RequestHead::query(std::string_view name) const {
  std::optional<std::string> found;
  each_parameter(raw_query(), name, [&](std::optional<std::string> value) {
    found = std::move(value);
    return false;
  });
  return found;
}

std::vector<std::string> RequestHead::query_all(std::string_view name) const {
  std::vector<std::string> all;
  each_parameter(raw_query(), name, [&](std::optional<std::string> value) {
    if (value) all.push_back(std::move(*value));
    return true;
  });
  return all;
}

std::string_view reason_phrase(int status) {
  auto row = std::ranges::find(kReasons, status, &Reason::status);
  return row == std::end(kReasons) ? std::string_view("Status") : row->phrase;
}

}  // namespace sandbar::http
