// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/access/call.h"
#include "sandbar/control/access/service.h"
#include "sandbar/control/access/tickets.h"

// Lets requests in. Credentials: "Authorization: Bearer <token>", "X-API-Key", "X-Host-Token". With both of
// the first two the API key counts, and a bad one is refused even beside a good token. A WebSocket without
// these may bring "?ticket=…" instead, which stands for the session or key that asked for it. A row that
// names a key's scope without being for keys in general (Access other than team_member) lets in only keys
// with that very scope.

namespace sandbar::control::access {

class Gate final : public http::Gate {
 public:
  // `trusted_proxies`: addresses whose X-Forwarded-For is believed.
  Gate(AccessService& access, Tickets& tickets, std::vector<std::string> trusted_proxies)
      : access_(access), tickets_(tickets), trusted_proxies_(std::move(trusted_proxies)) {}

  Task<Result<http::CallPtr>> admit(http::CallParts parts, const http::RequestHead& credentials) override;

 private:
  Task<Result<Actor>> identify(const http::Route& route, const http::RequestHead& credentials);
  Task<Error> refusal(const http::Route& route, const Actor& actor, Error error);
  Task<Result<Actor>> identify_key(const http::Route& route, std::string key);
  Task<Result<Actor>> identify_ticket(const http::Route& route, std::string ticket);
  AccessService& access_;
  Tickets& tickets_;
  std::vector<std::string> trusted_proxies_;
};

// Who sent a request: the peer, or whoever the peer says it forwards for, as long as it is trusted.
std::string client_address(std::string peer, std::string_view forwarded_for,
                           const std::vector<std::string>& trusted);

// Whether an actor may use a route of that access.
Result<void> check(http::Access access, const Actor& actor);
// Whether an actor that came with an API key has the scope that the row asks for; others need none.
Result<void> check_scope(const http::KeyNeed& need, const Actor& actor);

}  // namespace sandbar::control::access
