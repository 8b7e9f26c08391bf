// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/id.h"

#include <algorithm>

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"

namespace sandbar {
namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

Uuid Uuid::random() {
  auto raw = random_bytes(16);
  Uuid id;
  std::ranges::copy(raw, reinterpret_cast<char*>(id.bytes.data()));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  auto bad = [] { return fail(invalid_request("not a canonical UUID")); };
  if (text.size() != kShape.size()) return bad();
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kShape[i] == '-' ? text[i] != '-' : !is_lower_hex(text[i])) return bad();
    if (text[i] != '-') digits += text[i];
  }
  auto raw = from_hex(digits);
  Uuid id;
  std::ranges::copy(*raw, reinterpret_cast<char*>(id.bytes.data()));
  return id;
}

std::string Uuid::hex() const { return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }

std::string Uuid::str() const {
  auto digits = hex();
  for (std::size_t at : {8u, 13u, 18u, 23u}) digits.insert(at, 1, '-');
  return digits;
}

Result<Uuid> parse_prefixed(std::string_view prefix, std::string_view text) {
  if (text.starts_with(prefix))
    if (auto uuid = Uuid::parse(text.substr(prefix.size()))) return *uuid;
  return fail(
      invalid_request(fmt::format("an id here has the form {}xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", prefix)));
}

}  // namespace sandbar
