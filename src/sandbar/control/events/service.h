// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/rate_limiter.h"
#include "sandbar/control/access/tickets.h"
#include "sandbar/control/events/hub.h"
#include "sandbar/control/events/reader.h"
#include "sandbar/http/websocket.h"

// Tells over WebSockets what has changed, a moment after it was committed: enough for a page to know what to
// ask for again. Nothing is promised beyond that; whoever was away for long is told so and looks at
// everything anew. A socket ends a few seconds after its session, its user or its membership.

namespace sandbar::control::events {

class EventsService {
 public:
  struct Parts {
    pg::Database& database;
    access::Tickets& tickets;
    access::RateLimiter& limiter;
    Feed& feed;
    Executor executor;
  };
  explicit EventsService(Parts parts)
      : parts_(parts), hub_(parts.executor, parts.feed), reader_(parts.database, parts.feed) {}

  // On one thread of each process.
  Task<void> read() { return reader_.run(); }
  // A job; how many changes were forgotten.
  Task<Result<int>> prune();

  Task<Result<access::Ticket>> issue_ticket(access::Actor actor) { return parts_.tickets.issue(actor); }
  access::RateLimiter& limiter() { return parts_.limiter; }

  // forbidden, or rate_limited for an actor with too many sockets. Before the socket is opened.
  Result<Listener> admit(const access::Actor& actor, Scope scope) const;
  // Until the client has gone, or may not listen any more. `since`: the number of the last change that it
  // knows of.
  Task<Result<void>> tell(access::Actor actor, Listener listener, std::optional<std::int64_t> since,
                          http::WebSocket& socket);
  // Ends all sockets of this thread.
  void close() { hub_.close(); }

 private:
  Task<Result<void>> greet(Subscription& mine, std::optional<std::int64_t> since, http::WebSocket& socket);
  Task<Result<std::optional<std::vector<Change>>>> missed(const Listener& listener,
                                                          std::optional<std::int64_t> since, Position end);
  Task<Result<void>> watch(access::Actor actor, Subscription& mine);
  Task<Result<void>> take_leave(Subscription& mine);

  Parts parts_;
  Hub hub_;
  Reader reader_;
};

}  // namespace sandbar::control::events
