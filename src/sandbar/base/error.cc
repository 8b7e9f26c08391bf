// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/error.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sandbar {
namespace {

constexpr bool no = false, yes = true;
using enum ErrorLevel;

constexpr auto kErrors = std::to_array<ErrorInfo>({
#define SANDBAR_ERROR(name, http, connect, level, retry) {Errc::name, #name, http, #connect, level, retry},
#include "sandbar/base/errors.def"
#undef SANDBAR_ERROR
});

}  // namespace

const ErrorInfo& info_of(Errc code) { return kErrors[static_cast<std::size_t>(code)]; }

Errc errc_of_connect(std::string_view connect_code) {
  for (const auto& row : kErrors)
    if (row.connect == connect_code) return row.code;
  return Errc::unknown;
}

Errc errc_of_name(std::string_view name) {
  for (const auto& row : kErrors)
    if (row.name == name) return row.code;
  return Errc::unknown;
}

Errc errc_of_http(int status) {
  for (const auto& row : kErrors)
    if (row.http_status == status) return row.code;
  return status >= 500 ? Errc::unavailable : Errc::unknown;
}

Error Error::with_context(std::string_view doing) && {
  detail = fmt::format("{}: {}", doing, detail.empty() ? message : detail);
  return std::move(*this);
}

Error invalid_request(std::string message, std::vector<Problem> problems) {
  return {Errc::invalid_request, std::move(message), {}, std::move(problems)};
}

Error not_found(std::string_view what, std::string_view which) {
  return {Errc::not_found, fmt::format("{} '{}' not found", what, which)};
}

Error invalid_state(std::string message) { return {Errc::invalid_state, std::move(message)}; }

Error internal_error(std::string detail) {
  return {Errc::internal_error, "something went wrong on our side", std::move(detail)};
}

Error errno_error(std::string_view doing, int error_number) {
  auto detail = fmt::format("{}: {}", doing, std::strerror(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return {Errc::no_space, "no space left on the device", std::move(detail)};
    case ENOENT:
      return {Errc::not_found, "no such file or directory", std::move(detail)};
    default:
      return internal_error(std::move(detail));
  }
}

}  // namespace sandbar
