// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sessions/service.h"

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/sessions/store.h"
#include "sandbar/log/log.h"

namespace sandbar::control::sessions {
namespace {

constexpr int kMaxSessions = 50;
constexpr std::string_view kCookie = "sandbar_refresh";

Error unauthorized() { return {Errc::unauthorized, "this session has ended: sign in again"}; }

audit::Event event(audit::What what, access::Actor actor, UserId user, std::string session) {
  auto event = audit::happened(what, kPlatformTeam, std::move(actor), user.str());
  event.metadata = {{"session_id", session}};
  return event;
}

// "a=1; b=2": the value of one.
std::string_view cookie_value(std::string_view header, std::string_view name) {
  for (auto pair : split(header, ';')) {
    pair = trim(pair);
    if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
      return pair.substr(name.size() + 1);
  }
  return {};
}

std::string attributes(bool is_secure) {
  return fmt::format("; Path=/v1/auth; HttpOnly; SameSite=Strict{}", is_secure ? "; Secure" : "");
}

}  // namespace

Task<Result<int>> end_all(pg::Session& session, UserId user, std::optional<SessionId> kept) {
  return revoke_sessions_but(session, user, kept);
}

Task<Result<OpenedSession>> SessionService::open(pg::Session& session, UserId user,
                                                 std::optional<TeamId> team, access::Client client) {
  OpenedSession opened{SessionId::random(), Secret(random_hex(32))};
  NewSession row{opened.id, user, team, std::move(client)};
  CO_TRY_VOID(co_await insert_session(session, std::move(row), options_.lifetime));
  CO_TRY_VOID(co_await revoke_surplus_sessions(session, user, kMaxSessions));
  CO_TRY_VOID(co_await insert_refresh_token(
      session, opened.id, access::stored_form(opened.refresh_token.reveal()), std::nullopt));
  co_return opened;
}

// A stolen token ends its session although the request fails, so that is an answer of the transaction and no
// error.
Task<Result<Renewal>> SessionService::renew(std::string refresh_token) {
  if (refresh_token.empty()) co_return fail(Error{Errc::unauthorized, "there is no session to renew"});
  CO_TRY(auto outcome, co_await database_.transaction<Outcome>(
                           std::bind_front(&SessionService::renew_in, this, std::move(refresh_token))));
  if (outcome.renewal) co_return *std::move(outcome.renewal);
  log::warn("refresh token of a user was used again", {{"user", outcome.user_id}});
  co_return fail(unauthorized());
}

Task<Result<SessionService::Outcome>> SessionService::renew_in(std::string refresh_token,
                                                               pg::Transaction& tx) {
  auto hash = access::stored_form(refresh_token);
  CO_TRY(auto row, co_await lock_session_of_token(tx, hash));
  if (!row || row->is_over) co_return fail(unauthorized());
  CO_TRY(auto token, co_await find_refresh_token(tx, hash));
  if (!token) co_return fail(unauthorized());
  if (token->is_revoked) co_return co_await end_stolen(row->user_id, row->id, tx);
  CO_TRY_VOID(co_await revoke_rivals(tx, row->id, token->id));
  Renewal renewal{row->id, row->user_id, row->team_id, Secret(random_hex(32))};
  CO_TRY_VOID(co_await insert_refresh_token(tx, row->id, access::stored_form(renewal.refresh_token.reveal()),
                                            token->id));
  CO_TRY_VOID(co_await delete_surplus_successors(tx, token->id));
  CO_TRY_VOID(co_await extend_session(tx, row->id, options_.lifetime));
  co_return Outcome{std::move(renewal), row->user_id};
}

Task<Result<SessionService::Outcome>> SessionService::end_stolen(UserId user, SessionId id,
                                                                 pg::Transaction& tx) {
  CO_TRY_VOID(co_await revoke_session(tx, user, id));
  auto reused = event(audit::What::user_refresh_reused, access::system_actor(), user, id.str());
  CO_TRY_VOID(co_await audit::record(tx, std::move(reused)));
  co_return Outcome{std::nullopt, user};
}

Task<Result<void>> SessionService::note_team(SessionId id, TeamId team) {
  return set_team(database_, id, team);
}

Task<Result<std::vector<Session>>> SessionService::list(UserId user) {
  return list_sessions(database_, user);
}

Task<Result<void>> SessionService::end(access::Actor actor, SessionId id) {
  CO_TRY(bool ended, co_await database_.transaction<bool>(
                         std::bind_front(&SessionService::end_in, this, std::move(actor), id)));
  if (!ended) co_return fail(not_found("session", id.str()));
  co_return Result<void>{};
}

Task<Result<bool>> SessionService::end_in(access::Actor actor, SessionId id, pg::Transaction& tx) {
  auto user = *actor.user;
  CO_TRY(bool ended, co_await revoke_session(tx, user, id));
  auto what = actor.session == id ? audit::What::user_logout : audit::What::user_session_revoke;
  if (ended) CO_TRY_VOID(co_await audit::record(tx, event(what, std::move(actor), user, id.str())));
  co_return ended;
}

Task<Result<void>> SessionService::end_others(access::Actor actor) {
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&SessionService::end_others_in, this, std::move(actor))));
  co_return Result<void>{};
}

Task<Result<bool>> SessionService::end_others_in(access::Actor actor, pg::Transaction& tx) {
  auto user = *actor.user;
  CO_TRY(int count, co_await revoke_sessions_but(tx, user, actor.session));
  if (count == 0) co_return false;
  CO_TRY_VOID(
      co_await audit::record(tx, event(audit::What::user_session_revoke, std::move(actor), user, "others")));
  co_return true;
}

Task<Result<void>> SessionService::sign_out(std::string bearer_token, std::string refresh_token) {
  auto actor = co_await access_.user_of(std::move(bearer_token));
  if (actor && actor->session)
    CO_TRY_VOID(co_await database_.transaction<bool>(
        std::bind_front(&SessionService::end_in, this, *actor, *actor->session)));
  if (refresh_token.empty()) co_return Result<void>{};
  CO_TRY_VOID(co_await database_.transaction<bool>(
      std::bind_front(&SessionService::end_of_token_in, this, std::move(refresh_token))));
  co_return Result<void>{};
}

Task<Result<bool>> SessionService::end_of_token_in(std::string refresh_token, pg::Transaction& tx) {
  CO_TRY(auto row, co_await lock_session_of_token(tx, access::stored_form(refresh_token)));
  if (!row) co_return false;
  co_return co_await revoke_session(tx, row->user_id, row->id);
}

void SessionService::set_cookie(access::Call& call, const Secret& refresh_token) const {
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.lifetime).count();
  call.answer_headers.add("Set-Cookie", fmt::format("{}={}; Max-Age={}{}", kCookie, refresh_token.reveal(),
                                                    seconds, attributes(options_.is_secure)));
}

void SessionService::clear_cookie(access::Call& call) const {
  call.answer_headers.add("Set-Cookie",
                          fmt::format("{}=; Max-Age=0{}", kCookie, attributes(options_.is_secure)));
}

std::string SessionService::cookie_of(const access::Call& call) {
  return std::string(cookie_value(call.request().headers.get("Cookie"), kCookie));
}

}  // namespace sandbar::control::sessions
