// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/events/routes.h"

#include "sandbar/control/access/call.h"
#include "sandbar/control/events/api.h"

namespace sandbar::control::events {
namespace {

using access::Call;
using enum http::Access;

constexpr access::RateLimit kTickets{60, 60};

Task<Result<http::Created<TicketView>>> create_ticket(EventsService& service, Call& call) {
  CO_TRY_VOID(call.limit_actor(service.limiter(), "ws ticket", kTickets));
  CO_TRY(auto ticket, co_await service.issue_ticket(call.actor()));
  call.answer_headers.set("Cache-Control", "no-store");
  co_return http::Created<TicketView>{{std::move(ticket.token), ticket.expires_at}};
}

Task<Result<http::Conversed>> listen(EventsService& service, Call& call, http::Query<EventsQuery> query) {
  CO_TRY(auto listener, service.admit(call.actor(), query->scope));
  CO_TRY(auto* socket, co_await call.open_socket());
  CO_TRY_VOID(co_await service.tell(call.actor(), std::move(listener), query->since, *socket));
  co_return http::Conversed{};
}

constexpr http::KeyNeed kRead{http::KeyScope::read, true};

constexpr http::ServiceRoute<EventsService> kRoutes[] = {
    http::route<&create_ticket>("POST", "/v1/ws-tickets", session,
                                "Make a ticket that opens one WebSocket, as ?ticket=, within 30 seconds",
                                kRead),
    http::route<&listen>("GET", "/v1/events", session, "Hear of what changes, over a WebSocket", kRead),
};

}  // namespace

http::Routes<EventsService> routes() { return kRoutes; }

}  // namespace sandbar::control::events
