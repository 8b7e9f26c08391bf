// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/sandboxes/validate.h"

#include <arpa/inet.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/model/limits.h"

namespace sandbar::control::sandboxes {
namespace {

constexpr std::size_t kMaxCidrs = 256, kMaxHostTags = 16, kMaxTag = 64, kMaxArch = 32, kMaxSearch = 200;
using Labels = std::map<std::string, std::string>;

void check_range(std::vector<Problem>& problems, const char* field, std::optional<int> value, int min,
                 int max) {
  if (value && (*value < min || *value > max))
    problems.push_back({field, fmt::format("must be from {} to {}", min, max)});
}

bool is_bounded(const Labels& labels, std::size_t max_entries, std::size_t max_bytes) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : labels) bytes += key.size() + value.size();
  return labels.size() <= max_entries && bytes <= max_bytes;
}

bool is_env_name(std::string_view name) {
  return !name.empty() && name.find_first_of(std::string_view("=\0", 2)) == name.npos;
}

void check_env(std::vector<Problem>& problems, const Labels& env) {
  if (!is_bounded(env, limits::kMaxEnvVariables, limits::kMaxEnvBytes))
    problems.push_back({"env", "is too large"});
  for (const auto& [name, value] : env)
    if (!is_env_name(name) || value.contains('\0'))
      problems.push_back({"env", "has a variable that cannot exist"});
}

void check_cidrs(std::vector<Problem>& problems, const char* field, const std::vector<std::string>& cidrs) {
  if (cidrs.size() > kMaxCidrs) problems.push_back({field, "is too long"});
  if (!std::ranges::all_of(cidrs, [](const auto& cidr) { return is_cidr(cidr); }))
    problems.push_back({field, "must hold addresses or CIDR ranges"});
}

void check_host(std::vector<Problem>& problems, const NewSandbox& wanted) {
  auto fits = [](const std::string& text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && !text.contains('\0');
  };
  bool good = std::ranges::all_of(wanted.host_tags, [&](const auto& tag) { return fits(tag, kMaxTag); });
  if (!good || wanted.host_tags.size() > kMaxHostTags)
    problems.push_back({"host_tags", fmt::format("must be at most {} tags", kMaxHostTags)});
  if (wanted.arch && !fits(*wanted.arch, kMaxArch)) problems.push_back({"arch", "must be amd64 or arm64"});
}

// It becomes a Host field: a name and perhaps a port, in which ${PORT} may stand.
bool is_mask(std::string_view mask) {
  constexpr std::string_view kHole = "${PORT}";
  std::string host(mask);
  if (auto at = host.find(kHole); at != host.npos) host.replace(at, kHole.size(), "1");
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':' || c == '[' || c == ']';
  };
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, fits);
}

bool is_timeout(std::int64_t seconds) { return seconds >= 0 && seconds <= limits::kMaxTimeoutSeconds; }

Problem timeout_problem() {
  return {"timeout_sec", fmt::format("must be from 0 to {}", limits::kMaxTimeoutSeconds)};
}

Result<void> conclude(std::vector<Problem> problems) {
  if (problems.empty()) return {};
  auto message = problems.front().field + " " + problems.front().what;
  return fail(invalid_request(std::move(message), std::move(problems)));
}

}  // namespace

bool is_cidr(std::string_view text) {
  auto slash = text.find('/');
  std::string address(text.substr(0, slash));
  unsigned char bytes[16];
  int bits = inet_pton(AF_INET, address.c_str(), bytes) == 1    ? 32
             : inet_pton(AF_INET6, address.c_str(), bytes) == 1 ? 128
                                                                : 0;
  if (bits == 0 || address.size() != std::min(slash, text.size())) return false;
  if (slash == text.npos) return true;
  auto prefix = parse_int(text.substr(slash + 1));
  return prefix && *prefix >= 0 && *prefix <= bits;
}

Result<void> validate_timeout(std::int64_t timeout_sec) {
  if (is_timeout(timeout_sec)) return {};
  return conclude({timeout_problem()});
}

Result<void> validate_search(std::string_view field, const std::optional<std::string>& text) {
  if (!text || (text->size() <= kMaxSearch && is_utf8(*text) && !text->contains('\0'))) return {};
  return conclude({{std::string(field), fmt::format("must be text of at most {} bytes", kMaxSearch)}});
}

Result<void> validate(const NewSandbox& wanted) {
  std::vector<Problem> problems;
  check_range(problems, "vcpus", wanted.vcpus, limits::kMinVcpus, limits::kMaxVcpus);
  check_range(problems, "memory_mb", wanted.memory_mb, limits::kMinMemoryMib, limits::kMaxMemoryMib);
  check_range(problems, "disk_mb", wanted.disk_mb, limits::kMinDiskMib, limits::kMaxDiskMib);
  if (!is_timeout(wanted.timeout_sec)) problems.push_back(timeout_problem());
  check_env(problems, wanted.env);
  if (!is_bounded(wanted.metadata, limits::kMaxMetadataEntries, limits::kMaxMetadataBytes))
    problems.push_back({"metadata", "is too large"});
  check_host(problems, wanted);
  check_cidrs(problems, "network.allow_cidrs", wanted.network.allow_cidrs);
  check_cidrs(problems, "network.deny_cidrs", wanted.network.deny_cidrs);
  if (wanted.traffic.mask_host && !is_mask(*wanted.traffic.mask_host))
    problems.push_back({"traffic.mask_host", "must be a host name, with a port if you like"});
  return conclude(std::move(problems));
}

}  // namespace sandbar::control::sandboxes
