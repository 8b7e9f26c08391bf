// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sandbar/http/message.h"

// A folder of pages and what they load, as it was when it was read. All of it is held in memory: a request
// then touches no disk, no path of a request ever reaches the file system, and a folder that is replaced
// meanwhile does not mix old pages with new ones. Files that begin with a dot and symbolic links are left
// out. "x.js.br" and "x.js.gz" are other forms of "x.js" for those who take them.

namespace sandbar::http {

class StaticFiles {
 public:
  struct Limits {
    std::size_t bytes = 64 << 20;
    std::size_t files = 10'000;
  };
  // too_large beyond the limits; invalid_request if it cannot be read.
  static Result<StaticFiles> read(const std::string& folder, Limits limits);

  // Adds a file; `path` is as it stands in requests: "/theme.js".
  void add(std::string path, std::string bytes);
  bool has(std::string_view path) const { return files_.contains(path); }
  // Empty if there is none.
  std::string_view text(std::string_view path) const;
  // The answer to a GET or HEAD of that file, or 304; nothing if there is none.
  std::optional<Response> answer(const RequestHead& request, std::string_view path) const;
  std::size_t size() const { return files_.size(); }

 private:
  struct Form {
    std::string encoding;  // "", "br" or "gzip"
    std::string bytes, etag;
  };
  struct File {
    std::string content_type;
    std::map<std::string, Form, std::less<>> forms;  // by encoding
  };
  const Form* choose(const File& file, std::string_view accepted) const;

  std::map<std::string, File, std::less<>> files_;
};

// The path of a request, decoded; nothing if it is no path that a file could have: with "..", a hidden file,
// a backslash or a control character in it.
std::optional<std::string> file_path(const RequestHead& request);

// Whether a header as Accept or Accept-Encoding names `wanted`, and not with q=0.
bool accepts(std::string_view header, std::string_view wanted);

}  // namespace sandbar::http
