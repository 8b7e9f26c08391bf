// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/multipart.h"

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kMaxBoundary = 200;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(invalid_request(fmt::format("the multipart body is malformed: {}", what)));
}

// A token or quoted string at the start of `text`; what follows it is left there.
std::string take_value(std::string_view& text) {
  std::string out;
  if (!text.starts_with('"')) {
    auto end = text.find(';');
    out = trim(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end);
    return out;
  }
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    bool escaped = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    out += text[escaped ? ++i : i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return out;
}

// RFC 5987: charset'language'percent-encoded.
std::optional<std::string> decode_extended(std::string_view value) {
  auto first = value.find('\''), second = value.find('\'', first == value.npos ? first : first + 1);
  if (second == value.npos) return std::nullopt;
  return percent_decode(value.substr(second + 1));
}

}  // namespace

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
  std::optional<std::string> plain, extended;
  auto start = header.find(';');
  while (start != header.npos) {
    auto rest = header.substr(start + 1);
    auto equals = rest.find_first_of("=;");
    if (equals == rest.npos) break;
    auto key = trim(rest.substr(0, equals));
    if (rest[equals] == '=') {
      rest = rest.substr(equals + 1);
      while (rest.starts_with(' ')) rest.remove_prefix(1);
      auto value = take_value(rest);
      if (equals_ignore_case(key, name)) plain = value;
      if (key.ends_with('*') && equals_ignore_case(key.substr(0, key.size() - 1), name))
        extended = decode_extended(value);
    } else {
      rest = rest.substr(equals);
    }
    header = rest;
    start = header.find(';');
  }
  return extended ? extended : plain;
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!equals_ignore_case(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data"))
    return std::nullopt;
  auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kMaxBoundary) return std::nullopt;
  return boundary;
}

Result<void> MultipartParser::feed(std::string_view bytes) {
  if (state_ == State::epilogue) return {};
  buffer_.append(bytes);
  for (;;) {
    TRY(bool more, step());
    if (!more) return {};
  }
}

Result<void> MultipartParser::finish() const {
  if (state_ != State::epilogue) return malformed("it ends before its closing boundary");
  return {};
}

Result<bool> MultipartParser::step() {
  switch (state_) {
    case State::preamble:
      return skip_preamble();
    case State::after_boundary:
      return read_after_boundary();
    case State::head:
      return read_head();
    case State::content:
      return read_content();
    case State::epilogue:
      buffer_.clear();
      return false;
  }
  return false;
}

Result<bool> MultipartParser::skip_preamble() {
  if (auto at = buffer_.find(delimiter_); at != std::string::npos) {
    buffer_.erase(0, at + delimiter_.size());
    state_ = State::after_boundary;
    return true;
  }
  if (buffer_.size() > kMaxPartHead) return malformed("there is no boundary");
  return false;
}

Result<bool> MultipartParser::read_after_boundary() {
  auto end = buffer_.find_first_not_of(" \t");
  if (end == std::string::npos || buffer_.size() < end + 2) {
    if (buffer_.size() > kMaxPartHead) return malformed("a boundary's line is too long");
    return false;
  }
  auto two = std::string_view(buffer_).substr(end, 2);
  if (two != "--" && two != "\r\n") return malformed("a boundary is followed by something else");
  state_ = two == "--" ? State::epilogue : State::head;
  // The line's end stays: an empty head is then an empty line like any other.
  buffer_.erase(0, two == "--" ? end + 2 : end);
  return true;
}

Result<bool> MultipartParser::read_head() {
  auto end = buffer_.find("\r\n\r\n");
  if (std::min(end, buffer_.size()) > kMaxPartHead) return malformed("a part's head is too long");
  if (end == std::string::npos) return false;
  if (++parts_ > kMaxParts) return malformed("there are too many parts");
  Part part;
  for (auto line : split(std::string_view(buffer_).substr(0, end), '\n')) {
    auto colon = line.find(':');
    if (colon == line.npos || !equals_ignore_case(trim(line.substr(0, colon)), "content-disposition"))
      continue;
    auto value = trim(line.substr(colon + 1));
    part.name = header_parameter(value, "name").value_or("");
    part.filename = header_parameter(value, "filename").value_or("");
  }
  buffer_.erase(0, end + 4);
  state_ = State::content;
  TRY_VOID(sink_.begin_part(part));
  return true;
}

Result<bool> MultipartParser::read_content() {
  auto at = buffer_.find(delimiter_);
  bool found = at != std::string::npos;
  // Without a boundary everything is content but a tail that may be the beginning of one.
  if (!found) at = buffer_.size() < delimiter_.size() ? 0 : buffer_.size() - delimiter_.size() + 1;
  if (at > 0) TRY_VOID(sink_.part_data(std::string_view(buffer_).substr(0, at)));
  buffer_.erase(0, found ? at + delimiter_.size() : at);
  if (!found) return false;
  TRY_VOID(sink_.end_part());
  state_ = State::after_boundary;
  return true;
}

}  // namespace sandbar::guest
