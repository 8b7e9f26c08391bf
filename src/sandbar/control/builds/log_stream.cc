// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/builds/log_stream.h"

#include "sandbar/async/timer.h"

namespace sandbar::control::builds {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenLooks = 300ms;

// False once the client has gone.
Task<bool> wait_a_moment(http::Exchange& client) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (sleep_for(kBetweenLooks) || client.disconnected());
  co_return first.index() == 0;
}

}  // namespace

Task<Result<http::Streamed>> stream_log(BuildService& service, access::Call& call, TeamId team, BuildId id,
                                        std::int64_t from, Follow follow) {
  CO_TRY(auto part, co_await service.log(team, id, from));
  auto& client = call.exchange();
  http::ResponseHead head{
      200, {{"Content-Type", "application/octet-stream"}, {"X-Content-Type-Options", "nosniff"}}};
  CO_TRY_VOID(co_await call.start(std::move(head)));
  for (;;) {
    if (!part.text.empty()) CO_TRY_VOID(co_await client.write(part.text));
    bool over = is_final(part.status) && part.text.empty();
    if (follow == Follow::no || over) break;
    if (part.text.empty() && !co_await wait_a_moment(client)) co_return http::Streamed{};
    auto next = co_await service.log(team, id, part.end);
    if (!next) client.abort();
    CO_TRY(part, std::move(next));
  }
  CO_TRY_VOID(co_await client.finish());
  co_return http::Streamed{};
}

}  // namespace sandbar::control::builds
