// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"

// Ids are random UUIDs (version 4), each kind a type of its own, so that a team id cannot be passed for a
// sandbox id. On the wire an id is its prefix and the canonical lower-case UUID: "sb-0b6f…". Nothing else is
// accepted. In PostgreSQL it is a uuid column: `uuid()` is that text.

namespace sandbar {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  static Uuid random();
  static Result<Uuid> parse(std::string_view canonical);  // 8-4-4-4-12, lower case
  std::string str() const;
  std::string hex() const;  // 32 digits, no dashes: the E2B form of a sandbox id
  bool is_nil() const { return *this == Uuid{}; }
  auto operator<=>(const Uuid&) const = default;
};

template <std::size_t N>
struct IdPrefix {
  char text[N];
  consteval IdPrefix(const char (&t)[N]) { std::copy_n(t, N, text); }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

Result<Uuid> parse_prefixed(std::string_view prefix, std::string_view text);

template <IdPrefix Prefix>
class Id {
 public:
  static constexpr std::string_view kPrefix = Prefix.view();

  Id() = default;
  explicit Id(Uuid uuid) : uuid_(uuid) {}
  static Id random() { return Id(Uuid::random()); }
  static Result<Id> parse(std::string_view text) {
    auto uuid = parse_prefixed(kPrefix, text);
    if (!uuid) return fail(std::move(uuid).error());
    return Id(*uuid);
  }

  const Uuid& uuid() const { return uuid_; }
  std::string str() const { return std::string(kPrefix) + uuid_.str(); }
  auto operator<=>(const Id&) const = default;

 private:
  Uuid uuid_;
};

using SandboxId = Id<"sb-">;
using UserId = Id<"usr-">;
using TeamId = Id<"team-">;
using ApiKeyId = Id<"key-">;
using HostId = Id<"host-">;
using HostTokenId = Id<"htok-">;
using HostRefreshTokenId = Id<"hrt-">;
using AuditLogId = Id<"log-">;
using TemplateId = Id<"tpl-">;
using BuildId = Id<"bld-">;
using SessionId = Id<"ses-">;

// Owns what all teams share. It can be neither joined, nor switched to, nor renamed, nor deleted.
inline const TeamId kPlatformTeam{};

template <class T>
inline constexpr bool is_id = false;
template <IdPrefix Prefix>
inline constexpr bool is_id<Id<Prefix>> = true;

}  // namespace sandbar

template <sandbar::IdPrefix Prefix>
struct fmt::formatter<sandbar::Id<Prefix>> : fmt::formatter<std::string_view> {
  auto format(const sandbar::Id<Prefix>& id, fmt::format_context& ctx) const {
    return fmt::formatter<std::string_view>::format(id.str(), ctx);
  }
};

template <sandbar::IdPrefix Prefix>
struct std::hash<sandbar::Id<Prefix>> {
  std::size_t operator()(const sandbar::Id<Prefix>& id) const noexcept {
    const auto& b = id.uuid().bytes;
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(b.data()), b.size()});
  }
};
