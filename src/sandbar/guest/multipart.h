// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// multipart/form-data (RFC 7578) from bytes that arrive in pieces of any size, with constant memory. The
// content goes to a Sink as it comes; a boundary may be cut anywhere.

namespace sandbar::guest {

struct Part {
  std::string name, filename;  // of Content-Disposition; the whole filename, directories included
};

class MultipartSink {
 public:
  virtual ~MultipartSink() = default;
  virtual Result<void> begin_part(const Part& part) = 0;
  virtual Result<void> part_data(std::string_view bytes) = 0;
  virtual Result<void> end_part() = 0;
};

// The boundary of a Content-Type header, or nothing if it is not multipart/form-data.
std::optional<std::string> multipart_boundary(std::string_view content_type);
// A parameter of a header such as `form-data; name="file"; filename="a b"`; `filename*` is understood.
std::optional<std::string> header_parameter(std::string_view header, std::string_view name);

class MultipartParser {
 public:
  static constexpr std::size_t kMaxPartHead = 16 * 1024, kMaxParts = 1000;

  MultipartParser(std::string_view boundary, MultipartSink& sink)
      : delimiter_("\r\n--" + std::string(boundary)), sink_(sink) {}

  Result<void> feed(std::string_view bytes);
  // Called at the body's end: an error unless the closing boundary was seen.
  Result<void> finish() const;

 private:
  enum class State { preamble, after_boundary, head, content, epilogue };
  // Each handles what it can of buffer_; false when it needs more bytes.
  Result<bool> step();
  Result<bool> skip_preamble();
  Result<bool> read_after_boundary();
  Result<bool> read_head();
  Result<bool> read_content();

  std::string delimiter_;
  MultipartSink& sink_;
  State state_ = State::preamble;
  std::string buffer_ = "\r\n";  // so that a boundary at the very start is found like any other
  std::size_t parts_ = 0;
};

}  // namespace sandbar::guest
