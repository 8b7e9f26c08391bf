// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/quotas/service.h"

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/control/audit/service.h"
#include "sandbar/control/quotas/store.h"
#include "sandbar/json/encode.h"

namespace sandbar::control::quotas {
namespace {

constexpr std::int64_t kMaxLimit = 1'000'000'000'000;
constexpr std::size_t kTemplates = 4, kFirstOfSandbox = 5;
static_assert(kQuotas[kTemplates].name == "templates" && !kQuotas[kFirstOfSandbox].use);

Limits applied(Limits limits, const Overrides& overrides) {
  for (const auto& row : kQuotas) limits.*row.limit = (overrides.*row.override).value_or(limits.*row.limit);
  return limits;
}

// What the change takes of each quota, in the order of kQuotas.
std::array<std::int64_t, std::size(kQuotas)> taken_by(const Demand& demand) {
  return {demand.is_new, demand.vcpus,     demand.memory_mb, demand.is_new ? demand.disk_mb : 0, 0,
          demand.vcpus,  demand.memory_mb, demand.disk_mb};
}

Result<void> validate(const Overrides& overrides) {
  std::vector<Problem> problems;
  for (const auto& row : kQuotas) {
    auto value = overrides.*row.override;
    if (value && (*value < 0 || *value > kMaxLimit))
      problems.push_back({std::string(row.name), "must be between 0 and 1000000000000"});
  }
  if (problems.empty()) return {};
  return fail(invalid_request(problems.front().field + " " + problems.front().what, problems));
}

boost::json::object as_json(const Overrides& overrides) {
  boost::json::object out;
  for (const auto& row : kQuotas)
    if (auto value = overrides.*row.override) out[row.name] = *value;
  return out;
}

audit::Event event_of(access::Actor actor, TeamId team, const Overrides& before, const Overrides& after) {
  return audit::happened(audit::What::team_set_quotas, team, std::move(actor), team.str(),
                         {{"before", as_json(before)}, {"after", as_json(after)}});
}

}  // namespace

Result<Limits> read_limits(const std::vector<std::string>& settings) {
  Limits limits;
  for (const auto& setting : settings) {
    auto equals = std::min(setting.find('='), setting.size());
    auto row = std::ranges::find(kQuotas, setting.substr(0, equals), &QuotaRow::name);
    auto value = equals < setting.size() ? parse_int(setting.substr(equals + 1)) : std::nullopt;
    if (row == std::end(kQuotas)) return fail(invalid_request("there is no quota like " + setting));
    if (!value || *value < 0 || *value > kMaxLimit)
      return fail(invalid_request("not a quota's limit: " + setting));
    limits.*row->limit = *value;
  }
  return limits;
}

Error QuotaService::refuse(std::size_t quota, std::int64_t limit, std::int64_t used) {
  refusals_.count[quota].fetch_add(1, std::memory_order_relaxed);
  auto name = kQuotas[quota].name;
  auto what = kQuotas[quota].use ? fmt::format("the limit is {}, in use are {}", limit, used)
                                 : fmt::format("the limit is {}", limit);
  return {Errc::quota_exceeded, fmt::format("quota of {}: {}", name, what), {}, {{std::string(name), what}}};
}

Task<Result<Limits>> QuotaService::limits_of(pg::Session& session, TeamId team) {
  CO_TRY(auto overrides, co_await find_overrides(session, team));
  co_return applied(defaults_, overrides);
}

Result<void> QuotaService::admit(Holding& holding, const Demand& demand) {
  auto& [use, overrides] = holding;
  auto limits = applied(defaults_, overrides);
  auto taken = taken_by(demand);
  for (std::size_t i = 0; i < std::size(kQuotas); ++i) {
    const auto& row = kQuotas[i];
    auto limit = limits.*row.limit, used = row.use ? use.*row.use : 0;
    if (taken[i] > 0 && used + taken[i] > limit) return fail(refuse(i, limit, used));
  }
  for (std::size_t i = 0; i < std::size(kQuotas); ++i)
    if (auto used = kQuotas[i].use) use.*used += taken[i];
  return {};
}

Task<Result<Holdings>> QuotaService::hold(pg::Transaction& tx, std::vector<TeamId> teams) {
  return lock_holdings_any_team(tx, std::move(teams));
}

Result<void> QuotaService::admit_new(Holdings& holdings, TeamId team, const Demand& demand) {
  if (team == kPlatformTeam) return {};
  return admit(holdings[team], demand);
}

// The change has locked the totals and is counted in them already.
Task<Result<void>> QuotaService::admit_resumed(pg::Transaction& tx, TeamId team, Demand demand) {
  if (team == kPlatformTeam) co_return Result<void>{};
  CO_TRY(auto holdings, co_await hold(tx, {team}));
  auto& holding = holdings[team];
  holding.use.vcpus -= demand.vcpus;
  holding.use.memory_mb -= demand.memory_mb;
  co_return admit(holding, demand);
}

Task<Result<void>> QuotaService::admit_template(pg::Transaction& tx, TeamId team) {
  if (team == kPlatformTeam) co_return Result<void>{};
  CO_TRY(auto limits, co_await limits_of(tx, team));
  CO_TRY_VOID(co_await lock_totals(tx, team));
  CO_TRY(auto held, co_await count_templates(tx, team));
  if (held > limits.templates) co_return fail(refuse(kTemplates, limits.templates, held - 1));
  co_return Result<void>{};
}

Task<Result<std::vector<Quota>>> QuotaService::list(TeamId team) {
  CO_TRY(auto use, co_await find_use(database_, team));
  if (!use) co_return fail(not_found("team", team.str()));
  CO_TRY(auto overrides, co_await find_overrides(database_, team));
  auto limits = applied(defaults_, overrides);
  std::vector<Quota> quotas;
  for (const auto& row : kQuotas) {
    Quota quota{.name = row.name, .limit = limits.*row.limit, .is_default = !(overrides.*row.override)};
    if (row.use) quota.used = (*use).*row.use;
    quotas.push_back(quota);
  }
  co_return quotas;
}

Task<Result<std::vector<Quota>>> QuotaService::set(access::Actor actor, TeamId team, Overrides overrides) {
  CO_TRY_VOID(validate(overrides));
  auto body = std::bind_front(&QuotaService::set_in, this, std::move(actor), team, overrides);
  CO_TRY_VOID(co_await database_.transaction<bool>(std::move(body)));
  co_return co_await list(team);
}

Task<Result<bool>> QuotaService::set_in(access::Actor actor, TeamId team, Overrides overrides,
                                        pg::Transaction& tx) {
  CO_TRY(auto use, co_await find_use(tx, team));
  if (!use || team == kPlatformTeam) co_return fail(not_found("team", team.str()));
  CO_TRY_VOID(co_await lock_totals(tx, team));
  CO_TRY(auto before, co_await find_overrides(tx, team));
  if (before == overrides) co_return false;
  CO_TRY_VOID(co_await put_overrides(tx, team, overrides));
  CO_TRY_VOID(co_await audit::record(tx, event_of(std::move(actor), team, before, overrides)));
  co_return true;
}

Task<Result<std::string>> QuotaService::prometheus_text() {
  std::string out = "# TYPE sandbar_quota_refusals_total counter\n";
  for (std::size_t i = 0; i < std::size(kQuotas); ++i)
    out += fmt::format("sandbar_quota_refusals_total{{quota=\"{}\"}} {}\n", kQuotas[i].name,
                       refusals_.count[i].load(std::memory_order_relaxed));
  co_return out;
}

}  // namespace sandbar::control::quotas
