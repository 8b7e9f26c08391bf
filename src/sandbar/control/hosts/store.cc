// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/hosts/store.h"

#include "sandbar/control/hosts/store.sql.h"
#include "sandbar/model/cursor.h"
#include "sandbar/model/sandbox_state.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::hosts {
namespace {

Result<void> done(const Result<pg::Rows>& rows) {
  if (!rows) return fail(rows.error());
  return {};
}

}  // namespace

Task<Result<std::optional<Host>>> insert_host(pg::Session& session, NewHost host,
                                              std::optional<UserId> created_by) {
  CO_TRY(auto rows,
         co_await session.query(sql::insert_host, HostId::random(), host.type, host.team_id, host.provider,
                                host.availability_zone, HostState::pending, created_by));
  co_return rows.maybe<Host>();
}

Task<Result<std::optional<bool>>> find_team(pg::Session& session, TeamId team) {
  CO_TRY(auto rows, co_await session.query(sql::find_team, team));
  if (rows.empty()) co_return std::nullopt;
  co_return rows[0].get<bool>("is_byoc");
}

Task<Result<std::vector<Host>>> list_hosts_any_team(pg::Session& session, ListHosts list) {
  CO_TRY(auto cursor, Cursor::parse_optional(list.cursor));
  std::optional<Time> before;
  std::optional<Uuid> before_id;
  if (cursor) before = cursor->at, before_id = cursor->id;
  CO_TRY(auto rows, co_await session.query(sql::list_hosts_any_team, list.team, list.type, list.status,
                                           list.tag, before, before_id, list.limit + 1));
  co_return rows.all<Host>();
}

Task<Result<Host>> get_host_any_team(pg::Session& session, HostId id) {
  CO_TRY(auto rows, co_await session.query(sql::get_host_any_team, id));
  co_return rows.one<Host>("host");
}

Task<Result<Host>> lock_host_any_team(pg::Transaction& tx, HostId id) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_host_any_team, id));
  co_return rows.one<Host>("host");
}

Task<Result<std::vector<SandboxId>>> list_sandboxes_any_team(pg::Session& session, HostId id) {
  CO_TRY(auto rows, co_await session.query(sql::list_sandboxes_any_team, id, states_where(&holds_resources)));
  std::vector<SandboxId> ids;
  for (std::size_t i = 0; i < rows.size(); ++i) ids.push_back(rows[i].get<SandboxId>("id"));
  co_return ids;
}

Task<Result<Host>> set_draining_any_team(pg::Session& session, HostId id) {
  CO_TRY(auto rows,
         co_await session.query(sql::set_draining_any_team, HostState::online, HostState::draining, id));
  co_return rows.one<Host>("host");
}

Task<Result<Host>> end_draining_any_team(pg::Session& session, HostId id) {
  CO_TRY(auto rows,
         co_await session.query(sql::end_draining_any_team, HostState::draining, HostState::online, id));
  co_return rows.one<Host>("host");
}

Task<Result<std::vector<EndedSandbox>>> stop_sandboxes_any_team(pg::Session& session, HostId id) {
  CO_TRY(auto rows, co_await session.query(sql::stop_sandboxes_any_team, SandboxState::stopped, id));
  co_return rows.all<EndedSandbox>();
}

Task<Result<void>> lose_sandboxes_any_team(pg::Session& session, HostId id) {
  co_return done(co_await session.query(sql::lose_sandboxes_any_team, SandboxState::missing, id,
                                        sources_of(SandboxState::missing)));
}

Task<Result<void>> delete_host_any_team(pg::Session& session, HostId id) {
  co_return done(co_await session.query(sql::delete_host_any_team, id));
}

Task<Result<void>> insert_registration_token(pg::Transaction& tx, NewRegistrationToken token) {
  CO_TRY_VOID(co_await tx.query(sql::supersede_registration_tokens, token.host));
  co_return done(co_await tx.query(sql::insert_registration_token, HostTokenId::random(), token.host,
                                   token.token_hash, token.created_by, token.lifetime.count()));
}

Task<Result<std::optional<UsedToken>>> use_registration_token(pg::Session& session, std::string token_hash) {
  CO_TRY(auto rows, co_await session.query(sql::use_registration_token, token_hash));
  co_return rows.maybe<UsedToken>();
}

Task<Result<std::optional<Host>>> set_registered_any_team(pg::Session& session, HostId id,
                                                          Registration registration,
                                                          authority::AgentCertificate certificate) {
  CO_TRY(auto rows,
         co_await session.query(sql::set_registered_any_team, HostState::pending, registration.address,
                                registration.arch, registration.cpu_cores, registration.memory_mb,
                                registration.disk_gb, certificate.fingerprint, certificate.expires_at, id,
                                HostState::pending));
  co_return rows.maybe<Host>();
}

Task<Result<bool>> set_reached_any_team(pg::Session& session, HostId id, std::string address,
                                        std::string cert_fingerprint) {
  CO_TRY(auto rows, co_await session.query(sql::set_reached_any_team, HostState::online, HostState::draining,
                                           id, HostState::pending, address, cert_fingerprint));
  co_return !rows.empty();
}

Task<Result<void>> set_certificate_any_team(pg::Session& session, HostId id,
                                            authority::AgentCertificate certificate) {
  co_return done(co_await session.query(sql::set_certificate_any_team, certificate.fingerprint,
                                        certificate.expires_at, id));
}

Task<Result<Host>> reset_to_pending_any_team(pg::Transaction& tx, HostId id) {
  CO_TRY_VOID(co_await tx.query(sql::revoke_all_of_host, id));
  CO_TRY(auto rows, co_await tx.query(sql::reset_to_pending_any_team, HostState::pending, id));
  co_return rows.one<Host>("host");
}

Task<Result<std::optional<Beat>>> beat_any_team(pg::Session& session, HostId id, Heartbeat heartbeat) {
  CO_TRY(auto rows, co_await session.query(sql::beat_any_team, HostState::unreachable, HostState::pending,
                                           HostState::online, HostState::draining, heartbeat.agent_version,
                                           heartbeat.cpu_cores, heartbeat.memory_mb, heartbeat.disk_gb,
                                           heartbeat.running, heartbeat.paused, heartbeat.hostname, id));
  co_return rows.maybe<Beat>();
}

Task<Result<void>> record_templates_any_team(pg::Session& session, HostId id,
                                             std::vector<TemplateId> templates) {
  CO_TRY_VOID(co_await session.query(sql::record_templates_any_team, TemplateState::deleting, id,
                                     kPlatformTeam, templates));
  co_return done(co_await session.query(sql::forget_templates_any_team, id, templates));
}

Task<Result<std::optional<RefreshRow>>> lock_refresh_token(pg::Transaction& tx, std::string token_hash) {
  CO_TRY(auto rows, co_await tx.query(sql::lock_refresh_token, token_hash));
  co_return rows.maybe<RefreshRow>();
}

Task<Result<bool>> has_successor(pg::Session& session, HostRefreshTokenId replaced, std::string token_hash) {
  CO_TRY(auto rows, co_await session.query(sql::find_successor, replaced, token_hash));
  co_return !rows.empty();
}

Task<Result<void>> insert_refresh_token(pg::Session& session, NewRefreshToken token) {
  co_return done(co_await session.query(sql::insert_refresh_token, HostRefreshTokenId::random(), token.host,
                                        token.family, token.token_hash, token.replaces,
                                        token.lifetime.count()));
}

Task<Result<void>> revoke_refresh_token(pg::Session& session, HostRefreshTokenId id) {
  co_return done(co_await session.query(sql::revoke_refresh_token, id));
}

Task<Result<bool>> revoke_family(pg::Session& session, Uuid family) {
  CO_TRY(auto rows, co_await session.query(sql::revoke_family, family));
  co_return !rows.empty();
}

Task<Result<void>> insert_tag_any_team(pg::Session& session, HostId id, std::string tag) {
  co_return done(co_await session.query(sql::insert_tag_any_team, id, tag));
}

Task<Result<void>> delete_tag_any_team(pg::Session& session, HostId id, std::string tag) {
  co_return done(co_await session.query(sql::delete_tag_any_team, id, tag));
}

Task<Result<void>> note_replica(pg::Session& session, Uuid id, std::string tunnel_url) {
  CO_TRY_VOID(co_await session.query(sql::note_replica, id, tunnel_url));
  co_return done(co_await session.query(sql::delete_silent_replicas));
}

Task<Result<void>> delete_replica(pg::Session& session, Uuid id) {
  co_return done(co_await session.query(sql::delete_replica, id));
}

Task<Result<std::vector<std::string>>> list_tunnel_urls(pg::Session& session,
                                                        std::chrono::milliseconds alive) {
  CO_TRY(auto rows, co_await session.query(sql::list_tunnel_urls, alive.count()));
  std::vector<std::string> urls;
  for (std::size_t i = 0; i < rows.size(); ++i) urls.push_back(rows[i].get<std::string>("tunnel_url"));
  co_return urls;
}

}  // namespace sandbar::control::hosts
