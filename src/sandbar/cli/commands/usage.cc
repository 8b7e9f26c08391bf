// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

constexpr std::uint64_t kMib = 1 << 20;

struct UsageOptions {
  std::string from, to;
};

struct QuotaOptions {
  std::string team;
  std::vector<std::string> set;
};

struct StatsOptions {
  std::string range = "1h";
};

struct MetricsOptions {
  std::string sandbox, range = "10m";
};

struct DayView {
  std::string day;
  double sandbox_seconds = 0, vcpu_seconds = 0, memory_mib_seconds = 0, disk_mib_seconds = 0;
};
BOOST_DESCRIBE_STRUCT(DayView, (), (day, sandbox_seconds, vcpu_seconds, memory_mib_seconds, disk_mib_seconds))

struct UsageAnswer {
  std::vector<DayView> days;
};
BOOST_DESCRIBE_STRUCT(UsageAnswer, (), (days))

struct QuotaView {
  std::string name;
  std::int64_t limit = 0;
  std::optional<std::int64_t> used;
  bool is_default = true;
};
BOOST_DESCRIBE_STRUCT(QuotaView, (), (name, limit, used, is_default))

struct QuotasAnswer {
  std::vector<QuotaView> quotas;
};
BOOST_DESCRIBE_STRUCT(QuotasAnswer, (), (quotas))

struct LevelView {
  std::int64_t running_count = 0, vcpus_reserved = 0, memory_mb_reserved = 0;
};
BOOST_DESCRIBE_STRUCT(LevelView, (), (running_count, vcpus_reserved, memory_mb_reserved))

struct PeaksView {
  std::int64_t running_count = 0, vcpus = 0, memory_mb = 0;
};
BOOST_DESCRIBE_STRUCT(PeaksView, (), (running_count, vcpus, memory_mb))

struct SeriesView {
  std::vector<std::string> labels;
  std::vector<std::int64_t> running, vcpus, memory_mb;
};
BOOST_DESCRIBE_STRUCT(SeriesView, (), (labels, running, vcpus, memory_mb))

struct StatsAnswer {
  LevelView current;
  PeaksView peaks;
  SeriesView series;
};
BOOST_DESCRIBE_STRUCT(StatsAnswer, (), (current, peaks, series))

struct PointView {
  std::int64_t timestamp_unix = 0;
  double cpu_pct = 0;
  std::int64_t mem_bytes = 0, disk_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(PointView, (), (timestamp_unix, cpu_pct, mem_bytes, disk_bytes))

struct MetricsAnswer {
  std::vector<PointView> points;
};
BOOST_DESCRIBE_STRUCT(MetricsAnswer, (), (points))

std::string hours(double seconds) { return fmt::format("{:.2f}", seconds / 3600); }
std::string gib_hours(double mib_seconds) { return fmt::format("{:.2f}", mib_seconds / 1024 / 3600); }
std::string mib(std::int64_t amount) { return human_size(static_cast<std::uint64_t>(amount) * kMib); }

Task<Result<int>> usage(Context& context, UsageOptions options) {
  std::string path = "/v1/usage";
  char separator = '?';
  for (const auto& [name, day] : {std::pair{"from", options.from}, std::pair{"to", options.to}}) {
    if (day.empty()) continue;
    path += fmt::format("{}{}={}", separator, name, percent_encode(day));
    separator = '&';
  }
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer, co_await api->get(path));
  CO_TRY(auto used, view_of<UsageAnswer>(answer));
  Table table{{"DAY", "SANDBOX HOURS", "VCPU HOURS", "MEMORY GIB HOURS", "DISK GIB HOURS"}, {}};
  for (const auto& day : used.days)
    table.rows.push_back({day.day, hours(day.sandbox_seconds), hours(day.vcpu_seconds),
                          gib_hours(day.memory_mib_seconds), gib_hours(day.disk_mib_seconds)});
  show(context, answer, render(table));
  co_return 0;
}

std::string render_quotas(const QuotasAnswer& answer) {
  Table table{{"QUOTA", "LIMIT", "USED", ""}, {}};
  for (const auto& quota : answer.quotas)
    table.rows.push_back({quota.name, fmt::format("{}", quota.limit),
                          quota.used ? fmt::format("{}", *quota.used) : "",
                          quota.is_default ? "" : "own limit"});
  return render(table);
}

// The team's own limits, changed by "vcpus=8"; "vcpus=" takes one back.
Result<boost::json::object> changed_limits(const QuotasAnswer& now, const std::vector<std::string>& changes) {
  boost::json::object limits;
  for (const auto& quota : now.quotas)
    if (!quota.is_default) limits[quota.name] = quota.limit;
  for (const auto& change : changes) {
    auto equals = change.find('=');
    auto value = equals == change.npos ? std::nullopt : parse_int(change.substr(equals + 1));
    bool takes_back = equals != change.npos && equals + 1 == change.size();
    auto name = change.substr(0, std::min(equals, change.size()));
    if (std::ranges::find(now.quotas, name, &QuotaView::name) == now.quotas.end())
      return fail(invalid_request("there is no quota like " + change));
    if (!value && !takes_back) return fail(invalid_request("not a limit: " + change));
    if (takes_back) limits.erase(name);
    if (value) limits[name] = *value;
  }
  return limits;
}

Task<Result<int>> quotas(Context& context, QuotaOptions options) {
  CO_TRY(auto* api, context.api());
  bool is_own = options.team.empty();
  if (is_own && !options.set.empty()) co_return fail(invalid_request("--set needs --team"));
  auto path = is_own ? "/v1/quotas" : fmt::format("/v1/admin/teams/{}/quotas", percent_encode(options.team));
  CO_TRY(auto answer, co_await api->get(path, is_own ? Auth::key : Auth::session));
  CO_TRY(auto found, view_of<QuotasAnswer>(answer));
  if (!options.set.empty()) {
    CO_TRY(auto limits, changed_limits(found, options.set));
    CO_TRY(answer, co_await api->put(path, std::move(limits), Auth::session));
    CO_TRY(found, view_of<QuotasAnswer>(answer));
  }
  show(context, answer, render_quotas(found));
  co_return 0;
}

Task<Result<int>> stats(Context& context, StatsOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer, co_await api->get("/v1/sandboxes/stats?range=" + percent_encode(options.range)));
  CO_TRY(auto stats, view_of<StatsAnswer>(answer));
  const auto& [current, peaks, series] = stats;
  Table table{{"", "RUNNING", "VCPUS", "MEMORY"}, {}};
  table.rows.push_back({"now", fmt::format("{}", current.running_count),
                        fmt::format("{}", current.vcpus_reserved), mib(current.memory_mb_reserved)});
  table.rows.push_back({"most in 30 days", fmt::format("{}", peaks.running_count),
                        fmt::format("{}", peaks.vcpus), mib(peaks.memory_mb)});
  auto points =
      std::min({series.labels.size(), series.running.size(), series.vcpus.size(), series.memory_mb.size()});
  for (std::size_t i = 0; i < points; ++i)
    if (series.running[i] > 0 || series.memory_mb[i] > 0)
      table.rows.push_back({series.labels[i], fmt::format("{}", series.running[i]),
                            fmt::format("{}", series.vcpus[i]), mib(series.memory_mb[i])});
  show(context, answer, render(table));
  co_return 0;
}

Task<Result<int>> metrics(Context& context, MetricsOptions options) {
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  CO_TRY(auto* api, context.api());
  auto path = sandbox_path(id, "/metrics?range=" + percent_encode(options.range));
  CO_TRY(auto answer, co_await api->get(path));
  CO_TRY(auto measured, view_of<MetricsAnswer>(answer));
  Table table{{"TIME", "CPU", "MEMORY", "DISK"}, {}};
  for (const auto& point : measured.points)
    table.rows.push_back(
        {to_rfc3339(Time(std::chrono::seconds(point.timestamp_unix))), fmt::format("{:.1f} %", point.cpu_pct),
         human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, point.mem_bytes))),
         human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, point.disk_bytes)))});
  show(context, answer, render(table));
  co_return 0;
}

}  // namespace

void add_usage_commands(CLI::App& app, Chosen& chosen) {
  auto usage_options = std::make_shared<UsageOptions>();
  auto* command = app.add_subcommand("usage", "What the team used, day by day");
  command->add_option("--from", usage_options->from, "first day, like 2026-03-01");
  command->add_option("--to", usage_options->to, "last day; at most 92 days");
  run_when_chosen(command, chosen, usage_options, usage);

  auto quota_options = std::make_shared<QuotaOptions>();
  command = app.add_subcommand("quotas", "What the team may hold, and holds now");
  command->add_option("--team", quota_options->team, "another team, for platform admins");
  command->add_option("--set", quota_options->set,
                      "a limit of that team's own, like vcpus=8; vcpus= takes it back");
  run_when_chosen(command, chosen, quota_options, quotas);

  auto stats_options = std::make_shared<StatsOptions>();
  command =
      app.add_subcommand("stats", "What the team's sandboxes take now, took at most, and took over time");
  command->add_option("--range", stats_options->range)
      ->check(CLI::IsMember({"5m", "1h", "6h", "24h", "30d"}))
      ->capture_default_str();
  run_when_chosen(command, chosen, stats_options, stats);

  auto metrics_options = std::make_shared<MetricsOptions>();
  command = app.add_subcommand("metrics", "What a sandbox used of late");
  command->add_option("sandbox", metrics_options->sandbox, "id, or the beginning of one")->required();
  command->add_option("--range", metrics_options->range)
      ->check(CLI::IsMember({"5m", "10m", "1h", "2h", "6h", "12h", "24h"}))
      ->capture_default_str();
  run_when_chosen(command, chosen, metrics_options, metrics);
}

}  // namespace sandbar::cli
