// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/verifier.h"

#include <map>

#include "sandbar/base/try.h"
#include "sandbar/chain/chain.h"
#include "sandbar/control/audit/chain_store.h"

namespace sandbar::control::audit {
namespace {

constexpr int kBatch = 1000;

Verification broken(Verification so_far, Broken damage) {
  so_far.ok = false;
  so_far.broken = damage;
  return so_far;
}

Task<Result<std::map<AuditLogId, std::string>>> digests_of(pg::Session& session, TeamId team,
                                                           const std::vector<Link>& links) {
  std::vector<AuditLogId> ids;
  for (const auto& link : links) ids.push_back(link.log_id);
  CO_TRY(auto entries, co_await list_entries_by_id(session, team, std::move(ids)));
  std::map<AuditLogId, std::string> digests;
  for (const auto& entry : entries) digests[entry.id] = chain::digest_of(sealed_form(entry));
  co_return digests;
}

// The first link that does not hold; `head` moves along with those that do.
std::optional<Broken> check_links(const std::vector<Link>& links,
                                  const std::map<AuditLogId, std::string>& digests, Head& head) {
  for (const auto& link : links) {
    if (link.seq != head.seq + 1) return Broken{Damage::unlinked, head.seq + 1, {}};
    auto digest = digests.find(link.log_id);
    if (digest == digests.end()) return Broken{Damage::removed, link.seq, link.log_id};
    if (chain::link(head.hash, digest->second) != link.hash)
      return Broken{Damage::changed, link.seq, link.log_id};
    head.seq = link.seq;
    head.hash = link.hash;
  }
  return std::nullopt;
}

Task<Result<Head>> begin_at(pg::Session& session, TeamId team, std::int64_t after_seq) {
  if (after_seq <= 0) co_return Head{team, 0, chain::start()};
  CO_TRY(auto links, co_await list_links(session, team, after_seq - 1, 1));
  if (links.empty() || links[0].seq != after_seq)
    co_return fail(not_found("link of the chain", std::to_string(after_seq)));
  co_return Head{team, after_seq, links[0].hash};
}

// What no link tells: entries without one, and an end that was cut off.
Task<Result<std::optional<Broken>>> check_end(pg::Session& session, const Head& reached) {
  CO_TRY(auto head, co_await find_head(session, reached.team_id));
  if (head && head->seq > reached.seq) {
    CO_TRY(auto more, co_await list_links(session, reached.team_id, reached.seq, 1));
    if (more.empty()) co_return Broken{Damage::truncated, reached.seq + 1, {}};
  }
  CO_TRY(auto added, co_await find_unchained(session, reached.team_id));
  if (added) co_return Broken{Damage::added, {}, added};
  CO_TRY(auto vanished, co_await find_vanished(session, reached.team_id));
  if (vanished) co_return Broken{Damage::removed, {}, vanished};
  co_return std::nullopt;
}

}  // namespace

Task<Result<Verification>> verify_chain(pg::Session& session, TeamId team, std::int64_t after_seq) {
  CO_TRY(auto head, co_await begin_at(session, team, after_seq));
  Verification result;
  CO_TRY(result.unsealed, co_await count_unsealed(session, team));
  for (bool more = true; more;) {
    CO_TRY(auto links, co_await list_links(session, team, head.seq, kBatch));
    CO_TRY(auto digests, co_await digests_of(session, team, links));
    auto before = head.seq;
    auto damage = check_links(links, digests, head);
    result.checked += head.seq - before;
    if (head.seq > 0) result.head_seq = head.seq, result.head_hash = head.hash;
    if (damage) co_return broken(std::move(result), *damage);
    more = links.size() == static_cast<std::size_t>(kBatch);
    if (more && result.checked >= kMaxVerified) {
      result.next_after_seq = head.seq;
      co_return result;
    }
  }
  CO_TRY(auto damage, co_await check_end(session, head));
  if (damage) co_return broken(std::move(result), *damage);
  co_return result;
}

}  // namespace sandbar::control::audit
