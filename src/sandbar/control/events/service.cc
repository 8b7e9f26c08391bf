// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/service.h"

#include "sandbar/async/timer.h"
#include "sandbar/control/access/actors.h"
#include "sandbar/control/events/frames.h"
#include "sandbar/control/events/store.h"

namespace sandbar::control::events {
namespace {

using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kMaxSockets = 50;
constexpr std::size_t kMaxMissed = 1000;
constexpr std::chrono::seconds kPing{20}, kRecheck{3}, kFarewell{10};

template <class Frame>
Task<Result<void>> send(http::WebSocket& socket, Frame frame) {
  return socket.write({true, json::encode(frame)});
}

Task<Result<void>> send_change(http::WebSocket& socket, const Change& change) {
  ChangedFrame frame{.seq = change.seq, .resource = change.resource, .id = wire_id(change)};
  frame.action = change.action;
  frame.patch = change.patch;
  return send(socket, std::move(frame));
}

Task<Result<void>> pass_on(Subscription& mine, http::WebSocket& socket) {
  for (;;) {
    if (auto change = co_await mine.next(kPing)) {
      CO_TRY_VOID(co_await send_change(socket, *change));
    } else {
      CO_TRY_VOID(co_await send(socket, PingFrame{.seq = mine.position().seq}));
    }
  }
}

// The client has nothing to say; what it says all the same is dropped.
Task<Result<void>> until_closed(http::WebSocket& socket) {
  for (;;)
    if (auto message = co_await socket.read(); !message) co_return Result<void>{};
}

Result<void> check(Subscription::Trouble trouble) {
  switch (trouble) {
    case Subscription::Trouble::none:
      return {};
    case Subscription::Trouble::slow:
      return fail(Error{Errc::rate_limited, "more has changed than was read: connect again"});
    case Subscription::Trouble::missed:
      return fail(Error{Errc::unavailable, "changes may have been missed: connect again"});
    case Subscription::Trouble::ending:
      return fail(Error{Errc::canceled, "the server is going away"});
  }
  return {};
}

}  // namespace

Task<Result<int>> EventsService::prune() { co_return co_await delete_old_changes(parts_.database); }

Result<Listener> EventsService::admit(const access::Actor& actor, Scope scope) const {
  if (hub_.is_closed()) return fail(Error{Errc::unavailable, "the server is going away"});
  if (hub_.count(actor.id) >= kMaxSockets)
    return fail(Error{Errc::rate_limited, "too many of these sockets are open"});
  return listener_of(actor, scope);
}

Task<Result<void>> EventsService::tell(access::Actor actor, Listener listener,
                                       std::optional<std::int64_t> since, http::WebSocket& socket) {
  Subscription mine(hub_, std::move(listener));
  CO_TRY_VOID(co_await greet(mine, since, socket));
  auto first = co_await (pass_on(mine, socket) || until_closed(socket) || watch(std::move(actor), mine));
  if (first.index() == 0) co_return std::get<0>(std::move(first));
  if (first.index() == 1) co_return std::get<1>(std::move(first));
  co_return std::get<2>(std::move(first));
}

// What is committed after the end that is found here comes through the hub.
Task<Result<void>> EventsService::greet(Subscription& mine, std::optional<std::int64_t> since,
                                        http::WebSocket& socket) {
  CO_TRY_VOID(co_await hub_.being_read());
  CO_TRY(auto end, co_await find_end(parts_.database));
  CO_TRY(auto changes, co_await missed(mine.listener(), since, end));
  mine.start_after(end);
  // Whoever is cut off before all of it has come goes on where it was.
  bool is_behind = changes && !changes->empty();
  HelloFrame hello{.seq = is_behind ? since.value_or(0) : end.seq, .resumed = changes.has_value()};
  CO_TRY_VOID(co_await send(socket, std::move(hello)));
  if (!is_behind) co_return Result<void>{};
  for (const auto& change : *changes)
    if (hears(mine.listener(), change)) CO_TRY_VOID(co_await send_change(socket, change));
  co_return Result<void>{};
}

// Nothing: some of them are gone, or they are too many.
Task<Result<std::optional<std::vector<Change>>>> EventsService::missed(const Listener& listener,
                                                                       std::optional<std::int64_t> since,
                                                                       Position end) {
  if (!since) co_return std::nullopt;
  CO_TRY(auto from, co_await find_position(parts_.database, *since));
  if (!from) co_return std::nullopt;
  CO_TRY(auto changes, co_await list_missed(parts_.database, listener, *from, end, kMaxMissed + 1));
  if (changes.size() > kMaxMissed) co_return std::nullopt;
  co_return changes;
}

Task<Result<void>> EventsService::watch(access::Actor actor, Subscription& mine) {
  for (;;) {
    co_await mine.alarmed(kRecheck);
    CO_TRY_VOID(check(mine.trouble()));
    CO_TRY(actor, co_await access::actor_now(parts_.database, actor));
    CO_TRY(auto listener, listener_of(actor, mine.listener().scope));
    bool is_out = mine.listener().team && !listener.team;
    mine.become(std::move(listener));
    if (is_out) co_return co_await take_leave(mine);
  }
}

// Nothing of the team comes any more, but why it ends does: the change that says so may still be on its way.
Task<Result<void>> EventsService::take_leave(Subscription& mine) {
  CO_TRY(auto last, co_await find_last(parts_.database));
  co_await mine.told(last, kFarewell);
  co_return fail(Error{Errc::forbidden, "you are not a member of this team any more"});
}

}  // namespace sandbar::control::events
