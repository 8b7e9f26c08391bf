// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What went wrong, as a value. `message` is for the client and must be safe to show; `detail` is for the log
// only; `problems` name the fields of a request that were refused. The code alone decides the HTTP status,
// the Connect code and the log level: see errors.def, the only place where those live.

namespace sandbar {

enum class Errc : std::uint8_t {
#define SANDBAR_ERROR(name, http, connect, level, retry) name,
#include "sandbar/base/errors.def"
#undef SANDBAR_ERROR
};

enum class ErrorLevel : std::uint8_t { info, warn, error };

struct ErrorInfo {
  Errc code;
  std::string_view name;  // on the wire: {"error":{"code": name}}
  int http_status;
  std::string_view connect;  // Connect protocol code
  ErrorLevel level;
  bool may_retry;
};

const ErrorInfo& info_of(Errc code);
// The code for a Connect error code received from a peer; Errc::unknown for one that no row has.
Errc errc_of_connect(std::string_view connect_code);
// The code for a wire name such as "not_found"; Errc::unknown for one that no row has.
Errc errc_of_name(std::string_view name);
// The nearest code for an HTTP status from a peer that sent no error body.
Errc errc_of_http(int status);

struct Problem {
  std::string field;  // path, for example "resources.vcpus"
  std::string what;   // "is required"
};

struct [[nodiscard]] Error {
  Errc code = Errc::internal_error;
  std::string message;
  std::string detail = {};
  std::vector<Problem> problems = {};

  // Puts what the caller was doing in front of the log detail: "starting sb-…: connect: refused".
  Error with_context(std::string_view doing) &&;
};

Error invalid_request(std::string message, std::vector<Problem> problems = {});
Error not_found(std::string_view what, std::string_view which);
Error invalid_state(std::string message);
// Something that the client can do nothing about: it is told only that; `detail` goes to the log.
Error internal_error(std::string detail);
// From errno: `doing` names the call and its object. ENOSPC and EDQUOT become no_space, ENOENT not_found,
// else internal_error.
Error errno_error(std::string_view doing, int error_number);

}  // namespace sandbar
