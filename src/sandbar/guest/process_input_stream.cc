// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/strings.h"
#include "sandbar/guest/process_service.h"
#include "sandbar/rpc/envelope.h"
#include "sandbar/rpc/wire_error.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kMaxMessage = 4 << 20, kPiece = 32 * 1024;

std::optional<rpc::Codec> codec_of(std::string_view content_type) {
  auto bare = trim(content_type.substr(0, content_type.find(';')));
  if (equals_ignore_case(bare, "application/connect+json")) return rpc::Codec::json;
  if (equals_ignore_case(bare, "application/connect+proto")) return rpc::Codec::proto;
  return std::nullopt;
}

}  // namespace

Task<void> ProcessService::stream_input(http::Exchange& exchange) {
  auto codec = codec_of(exchange.request().headers.get("content-type"));
  if (!codec) {
    co_await exchange.respond(
        {415, {{"Accept-Post", "application/connect+json, application/connect+proto"}}, {}});
    co_return;
  }
  auto outcome = co_await receive_input(exchange, *codec);
  auto type = *codec == rpc::Codec::json ? "application/connect+json" : "application/connect+proto";
  auto sent = co_await exchange.start({200, {{"Content-Type", type}}});
  auto answer =
      outcome ? rpc::make_envelope(0, rpc::encode(*codec, process::StreamInputResponse{})) : std::string();
  answer += rpc::make_envelope(rpc::kEndFlag, rpc::end_of_stream(outcome));
  if (sent) sent = co_await exchange.write(answer);
  if (sent) sent = co_await exchange.finish();
  if (!sent) exchange.abort();
}

Task<Result<void>> ProcessService::receive_input(http::Exchange& exchange, rpc::Codec codec) {
  rpc::EnvelopeReader envelopes(kMaxMessage);
  std::optional<process::ProcessSelector> selector;
  std::string piece(kPiece, '\0');
  for (;;) {
    CO_TRY(auto n, co_await exchange.read_some(piece));
    if (n == 0) co_return Result<void>{};
    envelopes.feed({piece.data(), n});
    for (;;) {
      CO_TRY(auto envelope, envelopes.next());
      if (!envelope) break;
      if (envelope->flags != 0) co_return fail(invalid_request("compressed input is not supported"));
      CO_TRY(auto message, rpc::decode<process::StreamInputRequest>(codec, envelope->bytes));
      if (message.has_start()) selector = message.start().process();
      if (!message.has_data()) continue;
      if (!selector) co_return fail(invalid_request("the first message must be start"));
      CO_TRY_VOID(co_await input(*selector, std::move(*message.mutable_data()->mutable_input())));
    }
  }
}

}  // namespace sandbar::guest
