// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/strings.h"
#include "sandbar/control/guests/types.h"
#include "sandbar/json/decode.h"
#include "sandbar/log/log.h"

namespace sandbar::control::guests {
namespace {

constexpr std::size_t kMaxMessage = 512;

struct GuestError {
  json::Defaulted<std::string> message;
};
BOOST_DESCRIBE_STRUCT(GuestError, (), (message))

std::string shown(std::string_view message) { return to_valid_utf8(message.substr(0, kMaxMessage)); }

}  // namespace

Error translate_guest_error(Error error) {
  error.message = shown(error.message);
  switch (error.code) {
    case Errc::unauthorized:  // its own token is ours, so this is about the user that was asked for
      error.code = Errc::invalid_request;
      return error;
    case Errc::unavailable:
    case Errc::canceled:
      return {Errc::host_unavailable, "the sandbox cannot be reached right now", log::describe(error)};
    case Errc::internal_error:
    case Errc::unknown:
    case Errc::data_loss:
    case Errc::unimplemented:
      return {Errc::agent_error, "the sandbox could not do this: " + error.message, error.detail};
    case Errc::agent_error:
      return {Errc::agent_error, "the sandbox gave no proper answer", log::describe(error)};
    default:
      return error;
  }
}

Error error_of_answer(int status, std::string_view body) {
  auto parsed = json::decode_text<GuestError>(body);
  auto message =
      parsed && !parsed->message.value.empty() ? parsed->message.value : fmt::format("status {}", status);
  if (status == 400) return invalid_request(shown(message));
  return translate_guest_error({errc_of_http(status), std::move(message)});
}

Guest::Guest(sandboxes::GuestAccess access, std::optional<std::string> user)
    : access_(std::move(access)), user_(std::move(user)) {}

rpc::CallOptions Guest::options(std::optional<std::chrono::milliseconds> limit) const {
  rpc::CallOptions options{.timeout = limit, .path_prefix = access_.path_prefix};
  options.headers.set("X-Access-Token", access_.access_token.reveal());
  if (user_) options.headers.set("Authorization", "Basic " + to_base64(*user_ + ":"));
  return options;
}

http::RequestHead Guest::request(std::string method, const std::string& path_and_query) const {
  http::RequestHead head{std::move(method), access_.path_prefix + path_and_query, {}};
  head.headers.set("X-Access-Token", access_.access_token.reveal());
  return head;
}

}  // namespace sandbar::control::guests
