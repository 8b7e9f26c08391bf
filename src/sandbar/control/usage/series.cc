// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/usage/series.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"

namespace sandbar::control::usage {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr int kMaxDays = 92, kDefaultDays = 30;
constexpr int kFirstYear = 2000, kLastYear = 2999;

std::optional<sys_days> parse_day(std::string_view text) {
  auto parts = split(text, '-');
  if (text.size() != 10 || parts.size() != 3 || parts[0].size() != 4 || parts[1].size() != 2)
    return std::nullopt;
  auto year = parse_int(parts[0]), month = parse_int(parts[1]), day = parse_int(parts[2]);
  if (!year || !month || !day || *year < kFirstYear || *year > kLastYear || *month < 1 || *day < 1)
    return std::nullopt;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                   std::chrono::month(static_cast<unsigned>(*month)),
                                   std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

Result<sys_days> read_day(std::string_view field, const std::optional<std::string>& text, sys_days fallback) {
  if (!text) return fallback;
  if (auto day = parse_day(*text)) return *day;
  auto what = "must be a day like 2026-03-01";
  return fail(invalid_request(fmt::format("{} {}", field, what), {{std::string(field), what}}));
}

Time floor_to(Time time, std::chrono::seconds width) {
  auto since = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  return Time(since - since % width);
}

}  // namespace

std::string day_text(sys_days day) {
  std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

Result<Period> period_of(const std::optional<std::string>& from, const std::optional<std::string>& to,
                         Time now) {
  TRY(auto last, read_day("to", to, std::chrono::floor<days>(now)));
  TRY(auto first, read_day("from", from, last - days(kDefaultDays - 1)));
  if (first > last) return fail(invalid_request("from is after to", {{"from", "is after to"}}));
  if (last - first >= days(kMaxDays))
    return fail(
        invalid_request("at most 92 days can be asked for", {{"from", "is more than 92 days before to"}}));
  return Period{first, last};
}

std::vector<DayUsage> fill_days(const Period& period, const std::vector<DayUsage>& rows) {
  std::vector<DayUsage> filled;
  for (auto day = period.from; day <= period.to; day += days(1)) {
    auto text = day_text(day);
    auto row = std::ranges::find(rows, text, &DayUsage::day);
    filled.push_back(row == rows.end() ? DayUsage{.day = text} : *row);
  }
  return filled;
}

Result<StatsRange> find_stats_range(std::string_view name) {
  for (const auto& range : kStatsRanges)
    if (range.name == name) return range;
  return fail(invalid_request("range is unknown", {{"range", "is not one of 5m, 1h, 6h, 24h, 30d"}}));
}

Time first_bucket(const StatsRange& range, Time now) {
  return floor_to(now, range.bucket) - range.length + range.bucket;
}

Series make_series(const StatsRange& range, Time now, const std::vector<BucketRow>& rows,
                   std::chrono::milliseconds sample_period) {
  Series series;
  auto row = rows.begin();
  auto last = floor_to(now, range.bucket);
  BucketRow shown;
  for (auto at = first_bucket(range, now); at <= last; at += range.bucket) {
    while (row != rows.end() && row->at <= at) shown = *row++;
    bool is_stale = at - shown.at > sample_period * 3 / 2;
    bool counts = shown.at == at || !is_stale;
    series.labels.push_back(at);
    series.running.push_back(counts ? shown.running_count : 0);
    series.vcpus.push_back(counts ? shown.vcpus_reserved : 0);
    series.memory_mb.push_back(counts ? shown.memory_mb_reserved : 0);
  }
  return series;
}

}  // namespace sandbar::control::usage
