// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/id.h"

#include <algorithm>

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"

namespace sandbar {
namespace {

constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", kHex = "0123456789abcdef";

int lower_hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

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
  Uuid id;
  std::size_t at = 0;
  for (auto& byte : id.bytes) {
    if (kShape[at] == '-' && text[at++] != '-') return bad();
    int high = lower_hex_value(text[at]), low = lower_hex_value(text[at + 1]);
    if (high < 0 || low < 0) return bad();
    byte = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return id;
}

std::string Uuid::hex() const { return to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}); }

std::string Uuid::str() const {
  std::string out(kShape);
  std::size_t at = 0;
  for (auto byte : bytes) {
    if (out[at] == '-') ++at;
    out[at++] = kHex[byte >> 4];
    out[at++] = kHex[byte & 15];
  }
  return out;
}

Result<Uuid> parse_prefixed(std::string_view prefix, std::string_view text) {
  if (text.starts_with(prefix))
    if (auto uuid = Uuid::parse(text.substr(prefix.size()))) return *uuid;
  return fail(
      invalid_request(fmt::format("an id here has the form {}xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", prefix)));
}

}  // namespace sandbar
