// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/authority/types.h"
#include "sandbar/control/hosts/types.h"
#include "sandbar/pg/database.h"

namespace sandbar::control::hosts {

struct ListHosts {
  std::optional<TeamId> team;  // none: all
  std::optional<HostType> type;
  std::optional<HostState> status;
  std::optional<std::string> tag;
  std::optional<std::string> cursor;
  int limit = 50;
};

struct UsedToken {
  HostId host_id;
  HostType type = HostType::regular;
};
BOOST_DESCRIBE_STRUCT(UsedToken, (), (host_id, type))

struct Beat {
  HostState old_status = HostState::pending, status = HostState::pending;
  std::optional<TeamId> team_id;
  std::string address, cert_fingerprint;
  bool is_registered = false;
};
BOOST_DESCRIBE_STRUCT(Beat, (), (old_status, status, team_id, address, cert_fingerprint, is_registered))

struct EndedSandbox {
  SandboxId id;
  TeamId team_id;
};
BOOST_DESCRIBE_STRUCT(EndedSandbox, (), (id, team_id))

struct RefreshRow {
  HostRefreshTokenId id;
  HostId host_id;
  Uuid family_id;
  bool is_revoked = false, is_expired = false;
};
BOOST_DESCRIBE_STRUCT(RefreshRow, (), (id, host_id, family_id, is_revoked, is_expired))

struct NewRefreshToken {
  HostId host;
  Uuid family;
  std::string token_hash;
  std::optional<HostRefreshTokenId> replaces;
  std::chrono::milliseconds lifetime{};
};

struct NewRegistrationToken {
  HostId host;
  std::string token_hash;
  std::optional<UserId> created_by;
  std::chrono::milliseconds lifetime{};
};

// Nothing if the team is not a live one that may have hosts.
Task<Result<std::optional<Host>>> insert_host(pg::Session& session, NewHost host,
                                              std::optional<UserId> created_by);
// Whether the team may have hosts of its own; nothing if there is no such live team.
Task<Result<std::optional<bool>>> find_team(pg::Session& session, TeamId team);
// One more than asked for if there are more.
Task<Result<std::vector<Host>>> list_hosts_any_team(pg::Session& session, ListHosts list);
Task<Result<Host>> get_host_any_team(pg::Session& session, HostId id);
Task<Result<Host>> lock_host_any_team(pg::Transaction& tx, HostId id);
// Those that have not ended.
Task<Result<std::vector<SandboxId>>> list_sandboxes_any_team(pg::Session& session, HostId id);
Task<Result<Host>> set_draining_any_team(pg::Session& session, HostId id);
Task<Result<Host>> end_draining_any_team(pg::Session& session, HostId id);
Task<Result<std::vector<EndedSandbox>>> stop_sandboxes_any_team(pg::Session& session, HostId id);
// Those that do something now.
Task<Result<void>> lose_sandboxes_any_team(pg::Session& session, HostId id);
Task<Result<void>> delete_host_any_team(pg::Session& session, HostId id);

// Older tokens of the host end.
Task<Result<void>> insert_registration_token(pg::Transaction& tx, NewRegistrationToken token);
Task<Result<std::optional<UsedToken>>> use_registration_token(pg::Session& session, std::string token_hash);
// Nothing if the host is not pending any more.
Task<Result<std::optional<Host>>> set_registered_any_team(pg::Session& session, HostId id,
                                                          Registration registration,
                                                          authority::AgentCertificate certificate);
// False if it was not pending any more, or has registered anew.
Task<Result<bool>> set_reached_any_team(pg::Session& session, HostId id, std::string address,
                                        std::string cert_fingerprint);
Task<Result<void>> set_certificate_any_team(pg::Session& session, HostId id,
                                            authority::AgentCertificate certificate);
// Its refresh tokens end.
Task<Result<Host>> reset_to_pending_any_team(pg::Transaction& tx, HostId id);

// Nothing if there is no such host.
Task<Result<std::optional<Beat>>> beat_any_team(pg::Session& session, HostId id, Heartbeat heartbeat);
Task<Result<void>> record_templates_any_team(pg::Session& session, HostId id,
                                             std::vector<TemplateId> templates);

Task<Result<std::optional<RefreshRow>>> lock_refresh_token(pg::Transaction& tx, std::string token_hash);
Task<Result<bool>> has_successor(pg::Session& session, HostRefreshTokenId replaced, std::string token_hash);
Task<Result<void>> insert_refresh_token(pg::Session& session, NewRefreshToken token);
Task<Result<void>> revoke_refresh_token(pg::Session& session, HostRefreshTokenId id);
// False if it has ended already.
Task<Result<bool>> revoke_family(pg::Session& session, Uuid family);

Task<Result<void>> insert_tag_any_team(pg::Session& session, HostId id, std::string tag);
Task<Result<void>> delete_tag_any_team(pg::Session& session, HostId id, std::string tag);

Task<Result<void>> note_replica(pg::Session& session, Uuid id, std::string tunnel_url);
Task<Result<void>> delete_replica(pg::Session& session, Uuid id);
// Of the processes that have been seen lately.
Task<Result<std::vector<std::string>>> list_tunnel_urls(pg::Session& session,
                                                        std::chrono::milliseconds alive);

}  // namespace sandbar::control::hosts
