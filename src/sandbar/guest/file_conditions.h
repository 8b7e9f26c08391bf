// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>
#include <optional>
#include <string>

#include "sandbar/http/message.h"

// What a download's headers ask for (RFC 9110): conditions, one byte range, and the encoding. Pure functions.

namespace sandbar::guest {

struct FileFacts {
  std::string etag;  // with its quotes
  std::time_t modified = 0;
  std::int64_t size = 0;
};

struct ByteRange {
  std::int64_t first = 0, length = 0;
  bool operator==(const ByteRange&) const = default;
};

struct FileAnswer {
  int status = 200;  // 200, 206, 304, 412, 416
  ByteRange range;   // what to send for 200 and 206
  bool operator==(const FileAnswer&) const = default;
};

// Several ranges in one request are answered with the whole file, as the RFC permits.
FileAnswer answer_for(const http::Headers& request, const FileFacts& file);

enum class Encoding { identity, gzip, none };  // none: 406
// Identity whenever the client accepts it: bytes that stay on one host are not worth compressing.
Encoding encoding_for(const http::Headers& request);

std::string http_date(std::time_t time);
std::optional<std::time_t> parse_http_date(std::string_view text);

}  // namespace sandbar::guest
