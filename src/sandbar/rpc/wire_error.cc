// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/wire_error.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "sandbar/json/encode.h"

namespace sandbar::rpc {

struct WireError {
  json::Defaulted<std::string> code, message;
};
BOOST_DESCRIBE_STRUCT(WireError, (), (code, message))

struct EndOfStream {
  std::optional<WireError> error;
  std::optional<std::map<std::string, std::vector<std::string>>> metadata;
};
BOOST_DESCRIBE_STRUCT(EndOfStream, (), (error, metadata))

namespace {

constexpr auto kStatuses = std::to_array<std::pair<std::string_view, int>>({
    {"canceled", 499},
    {"unknown", 500},
    {"invalid_argument", 400},
    {"deadline_exceeded", 504},
    {"not_found", 404},
    {"already_exists", 409},
    {"permission_denied", 403},
    {"resource_exhausted", 429},
    {"failed_precondition", 400},
    {"aborted", 409},
    {"out_of_range", 400},
    {"unimplemented", 501},
    {"internal", 500},
    {"unavailable", 503},
    {"data_loss", 500},
    {"unauthenticated", 401},
});

WireError wire_form(const Error& error) {
  return {{std::string(info_of(error.code).connect)}, {error.message}};
}

// A peer's own name for the error counts only if it belongs to the Connect code that it sent.
Errc code_of(std::string_view connect_code, std::string_view our_name) {
  auto named = errc_of_name(our_name);
  return info_of(named).connect == connect_code ? named : errc_of_connect(connect_code);
}

Error error_of(const WireError& wire, std::string_view our_name) {
  auto message = wire.message.value.empty() ? wire.code.value : wire.message.value;
  return {code_of(wire.code.value, our_name), std::move(message)};
}

}  // namespace

std::optional<int> http_status_of_connect(std::string_view code) {
  for (const auto& [name, status] : kStatuses)
    if (name == code) return status;
  return std::nullopt;
}

http::Response error_response(const Error& error) {
  const auto& info = info_of(error.code);
  return {http_status_of_connect(info.connect).value_or(500),
          {{"Content-Type", "application/json"}, {std::string(kErrorHeader), std::string(info.name)}},
          json::encode(wire_form(error))};
}

std::string end_of_stream(const Result<void>& outcome) {
  EndOfStream end;
  if (!outcome) {
    end.error = wire_form(outcome.error());
    end.metadata.emplace()[std::string(kErrorHeader)].emplace_back(info_of(outcome.error().code).name);
  }
  return json::encode(end);
}

Error error_of_response(const http::ResponseHead& head, std::string_view body) {
  auto wire = json::decode_text<WireError>(body);
  if (wire && http_status_of_connect(wire->code.value))
    return error_of(*wire, head.headers.get(kErrorHeader));
  auto named = errc_of_name(head.headers.get(kErrorHeader));
  return {named == Errc::unknown ? errc_of_http(head.status) : named,
          fmt::format("the peer answered {}", head.status), std::string(body.substr(0, 500))};
}

std::optional<Error> error_of_end_of_stream(std::string_view text) {
  auto end = json::decode_text<EndOfStream>(text);
  if (!end)
    return Error{Errc::data_loss, "the stream's end is not readable", std::string(text.substr(0, 500))};
  if (!end->error) return std::nullopt;
  std::string_view name;
  if (end->metadata)
    if (auto it = end->metadata->find(std::string(kErrorHeader));
        it != end->metadata->end() && !it->second.empty())
      name = it->second.front();
  return error_of(*end->error, name);
}

}  // namespace sandbar::rpc
