// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Text helpers that the standard library lacks. ASCII only where a case is meant; bytes otherwise.

namespace sandbar {

std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b);
// Empty pieces are kept: split("a,,b", ',') has three.
std::vector<std::string_view> split(std::string_view text, char separator);
std::optional<std::int64_t> parse_int(std::string_view text);

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);     // either case, even length
std::string to_base64(std::string_view bytes);                  // standard alphabet, padded
std::optional<std::string> from_base64(std::string_view text);  // padding optional
std::string to_base64url(std::string_view bytes);               // URL alphabet, no padding
std::optional<std::string> from_base64url(std::string_view text);

// "a%20b" to "a b"; nothing for a broken escape. '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view text);
// Everything but unreserved characters (RFC 3986) is escaped.
std::string percent_encode(std::string_view text);

bool is_utf8(std::string_view bytes);
// Replaces each invalid byte with U+FFFD.
std::string to_valid_utf8(std::string_view bytes);
// Unicode code points, for length limits that people understand. The text must be valid UTF-8.
std::size_t count_code_points(std::string_view text);

}  // namespace sandbar
