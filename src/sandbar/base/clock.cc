// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/clock.h"

#include <fmt/format.h>

#include <charconv>

namespace sandbar {
namespace {

using namespace std::chrono;

// Takes exactly `digits` decimal digits off the front of `text`.
bool take(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc{} || end != text.data() + digits || text.front() == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

bool take_fraction(std::string_view& text, int& micros) {
  micros = 0;
  if (!take(text, ".")) return true;
  std::size_t n = 0;
  for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n)
    if (n < 6) micros = micros * 10 + (text[n] - '0');
  for (auto k = n; k < 6; ++k) micros *= 10;
  text.remove_prefix(n);
  return n >= 1 && n <= 9;
}

bool take_offset(std::string_view& text, minutes& offset) {
  if (take(text, "zZ")) return true;
  bool negative = text.starts_with('-');
  int hours_part = 0, minutes_part = 0;
  if (!take(text, "+-") || !take(text, 2, hours_part) || !take(text, ":") || !take(text, 2, minutes_part))
    return false;
  offset = minutes((negative ? -1 : 1) * (hours_part * 60 + minutes_part));
  return hours_part < 24 && minutes_part < 60;
}

}  // namespace

Time SystemClock::now() const { return time_point_cast<microseconds>(system_clock::now()); }

std::string to_rfc3339(Time time) {
  auto day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Result<Time> parse_rfc3339(std::string_view text) {
  auto rest = text;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, micros = 0;
  minutes offset{0};
  bool ok = take(rest, 4, y) && take(rest, "-") && take(rest, 2, mo) && take(rest, "-") && take(rest, 2, d) &&
            take(rest, "tT ") && take(rest, 2, h) && take(rest, ":") && take(rest, 2, mi) &&
            take(rest, ":") && take(rest, 2, s) && take_fraction(rest, micros) && take_offset(rest, offset) &&
            rest.empty();
  year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!ok || !date.ok() || h > 23 || mi > 59 || s > 60)
    return fail(invalid_request(fmt::format("'{}' is not an RFC 3339 time", text)));
  return Time(sys_days(date).time_since_epoch() + hours(h) + minutes(mi) + seconds(s) + microseconds(micros) -
              offset);
}

}  // namespace sandbar
