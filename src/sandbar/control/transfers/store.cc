// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/transfers/store.h"

#include "sandbar/control/transfers/store.sql.h"
#include "sandbar/model/host_state.h"
#include "sandbar/model/template_state.h"

namespace sandbar::control::transfers {
namespace {

Result<void> done(Result<pg::Rows> rows) {
  if (!rows) return fail(std::move(rows).error());
  return {};
}

}  // namespace

Task<Result<bool>> is_held_any_team(pg::Session& session, Way way) {
  CO_TRY(auto rows, co_await session.query(sql::is_held_any_team, way.template_id, way.target));
  co_return rows[0].get<bool>("value");
}

Task<Result<std::vector<Holder>>> list_holders_any_team(pg::Session& session, Way way, int limit) {
  std::vector reachable{HostState::online, HostState::draining};
  CO_TRY(auto rows, co_await session.query(sql::list_holders_any_team, TemplateState::ready, way.target,
                                           way.template_id, reachable, limit));
  co_return rows.all<Holder>();
}

Task<Result<std::string>> note_digest_any_team(pg::Session& session, TemplateId id, HostId host,
                                               std::string digest) {
  CO_TRY(auto rows, co_await session.query(sql::note_digest_any_team, digest, id, host));
  if (rows.empty()) co_return fail(not_found("template", id.str()));
  co_return rows[0].get<std::string>("digest");
}

Task<Result<Holder>> get_source_any_team(pg::Session& session, HostId host) {
  CO_TRY(auto rows, co_await session.query(sql::get_source_any_team, host));
  co_return rows.one<Holder>("host");
}

Task<Result<void>> begin_fetch_any_team(pg::Session& session, Way way) {
  CO_TRY(auto rows, co_await session.query(sql::begin_fetch_any_team, way.target, way.template_id,
                                           TemplateState::ready));
  if (rows.empty()) co_return fail(not_found("template", way.template_id.str()));
  co_return Result<void>{};
}

Task<Result<void>> note_progress_any_team(pg::Session& session, Way way, agents::FetchProgress progress) {
  co_return done(co_await session.query(sql::note_progress_any_team, progress.source, progress.bytes_done,
                                        progress.bytes_total, way.template_id, way.target));
}

Task<Result<void>> fail_fetch_any_team(pg::Session& session, Way way, std::string error) {
  co_return done(co_await session.query(sql::fail_fetch_any_team, error, way.template_id, way.target));
}

Task<Result<void>> add_holder_any_team(pg::Session& session, Way way, std::int64_t size_bytes) {
  co_return done(co_await session.query(sql::add_holder_any_team, way.target, size_bytes,
                                        TemplateState::deleting, way.template_id));
}

Task<Result<void>> end_fetch_any_team(pg::Session& session, Way way) {
  co_return done(co_await session.query(sql::end_fetch_any_team, way.template_id, way.target));
}

Task<Result<void>> forget_stale_fetches_any_team(pg::Session& session, std::chrono::milliseconds limit) {
  co_return done(co_await session.query(sql::forget_stale_fetches_any_team, limit.count()));
}

}  // namespace sandbar::control::transfers
