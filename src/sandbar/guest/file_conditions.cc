// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/file_conditions.h"

#include <algorithm>
#include <charconv>

#include "sandbar/base/strings.h"

namespace sandbar::guest {
namespace {

bool lists_etag(std::string_view header, std::string_view etag) {
  for (auto item : split(header, ',')) {
    item = trim(item);
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == "*" || item == etag) return true;
  }
  return false;
}

bool precondition_failed(const http::Headers& request, const FileFacts& file) {
  if (request.has("if-match")) return !lists_etag(request.get("if-match"), file.etag);
  auto since = parse_http_date(request.get("if-unmodified-since"));
  return since && file.modified > *since;
}

bool not_modified(const http::Headers& request, const FileFacts& file) {
  if (request.has("if-none-match")) return lists_etag(request.get("if-none-match"), file.etag);
  auto since = parse_http_date(request.get("if-modified-since"));
  return since && file.modified <= *since;
}

bool range_is_wanted(const http::Headers& request, const FileFacts& file) {
  auto condition = trim(request.get("if-range"));
  if (condition.empty() || condition == file.etag) return true;
  auto date = parse_http_date(condition);
  return date && *date == file.modified;
}

std::optional<std::int64_t> position(std::string_view text) {
  auto number = parse_int(text);
  return number && *number >= 0 && text[0] != '-' && text[0] != '+' ? number : std::nullopt;
}

// Nothing: not a range that we understand. A range of length -1: none of the file's bytes.
std::optional<ByteRange> parse_range(std::string_view header, std::int64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != header.npos) return std::nullopt;
  auto spec = trim(header.substr(kUnit.size()));
  auto dash = spec.find('-');
  if (dash == spec.npos) return std::nullopt;
  auto first = position(trim(spec.substr(0, dash))), last = position(trim(spec.substr(dash + 1)));
  if (dash == 0) {  // the last N bytes
    if (!last) return std::nullopt;
    auto length = std::min(*last, size);
    return length == 0 ? ByteRange{0, -1} : ByteRange{size - length, length};
  }
  if (!first || (!last && dash + 1 < spec.size()) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return ByteRange{0, -1};
  return ByteRange{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

// A quality in thousandths; 1000 when it is not given.
int quality_of(std::string_view item) {
  auto q = item.find("q=");
  if (q == item.npos) return 1000;
  double value = 0;
  auto text = trim(item.substr(q + 2));
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? static_cast<int>(std::clamp(value, 0.0, 1.0) * 1000) : 0;
}

}  // namespace

FileAnswer answer_for(const http::Headers& request, const FileFacts& file) {
  ByteRange whole{0, file.size};
  if (precondition_failed(request, file)) return {412, {}};
  if (not_modified(request, file)) return {304, {}};
  if (!request.has("range") || !range_is_wanted(request, file)) return {200, whole};
  auto range = parse_range(request.get("range"), file.size);
  if (!range) return {200, whole};
  if (range->length < 0) return {416, {}};
  return {206, *range};
}

Encoding encoding_for(const http::Headers& request) {
  int identity = -1, gzip = -1, rest = -1;
  for (auto item : split(request.get("accept-encoding"), ',')) {
    auto name = trim(item.substr(0, item.find(';')));
    if (equals_ignore_case(name, "identity")) identity = quality_of(item);
    if (equals_ignore_case(name, "gzip")) gzip = quality_of(item);
    if (name == "*") rest = quality_of(item);
  }
  if (gzip < 0) gzip = rest;
  bool identity_excluded = identity == 0 || (identity < 0 && rest == 0);
  if (!identity_excluded && !(identity >= 0 && gzip > identity)) return Encoding::identity;
  if (gzip > 0) return Encoding::gzip;
  return identity_excluded ? Encoding::none : Encoding::identity;
}

std::string http_date(std::time_t time) {
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

std::optional<std::time_t> parse_http_date(std::string_view text) {
  std::tm utc{};
  std::string copy(trim(text));
  const char* end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  if (!end || *end != '\0' || copy.empty()) return std::nullopt;
  return timegm(&utc);
}

}  // namespace sandbar::guest
