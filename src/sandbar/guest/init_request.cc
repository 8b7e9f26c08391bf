// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/init_request.h"

#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <new>

#include "sandbar/base/id.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"
#include "sandbar/proc/fd.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kMaxEntropy = 512;

Result<void> set_clock(const std::string& text) {
  TRY(auto time, parse_rfc3339(text));
  auto micros = time.time_since_epoch().count();
  timespec now{micros / 1'000'000, micros % 1'000'000 * 1000};
  if (clock_settime(CLOCK_REALTIME, &now) != 0)
    log::warn("clock not set", {{"error", std::string_view(std::strerror(errno))}});
  return {};
}

// Clones of one memory image would otherwise draw the same random numbers.
Result<void> stir_random(const std::string& base64) {
  auto bytes = from_base64(base64);
  if (!bytes) return fail(invalid_request("entropy is not base64"));
  alignas(rand_pool_info) std::array<char, sizeof(rand_pool_info) + kMaxEntropy> buffer{};
  auto size = std::min(bytes->size(), kMaxEntropy);
  auto* pool = new (buffer.data()) rand_pool_info;
  pool->entropy_count = static_cast<int>(size * 8);
  pool->buf_size = static_cast<int>(size);
  std::memcpy(pool->buf, bytes->data(), size);
  proc::Fd random(open("/dev/urandom", O_RDWR | O_CLOEXEC));
  if (ioctl(random.get(), RNDADDENTROPY, pool) != 0 || ioctl(random.get(), RNDRESEEDCRNG) != 0)
    log::warn("random generator not reseeded", {{"error", std::string_view(std::strerror(errno))}});
  return {};
}

bool may_init(const Session& session, const InitRequest& request, Caller caller) {
  if (session.access_token.empty() || caller == Caller::host) return true;
  return token_matches(session.access_token, request.accessToken.value_or(""));
}

// E2B's names for sandboxes have no prefix and no dashes.
std::string e2b_form(const std::string& id) {
  auto parsed = SandboxId::parse(id);
  return parsed ? parsed->uuid().hex() : id;
}

bool is_possible_variable(const std::pair<const std::string, std::string>& variable) {
  const auto& [name, value] = variable;
  return !name.empty() && name.find('=') == name.npos && name.find('\0') == name.npos &&
         value.find('\0') == value.npos;
}

}  // namespace

Result<void> apply_init(Session& session, InitRequest request, Caller caller) {
  if (!may_init(session, request, caller))
    return fail(Error{Errc::unauthorized, "access token validation failed"});
  if (request.envVars && !std::ranges::all_of(*request.envVars, is_possible_variable))
    return fail(invalid_request("envVars contains an impossible name or value"));
  if (session.virtual_machine && request.timestamp) TRY_VOID(set_clock(*request.timestamp));
  if (session.virtual_machine && request.entropy) TRY_VOID(stir_random(*request.entropy));
  if (request.sandboxId) {
    session.env["SANDBAR_SANDBOX_ID"] = *request.sandboxId;
    session.env["E2B_SANDBOX_ID"] = e2b_form(*request.sandboxId);
  }
  if (request.templateId)
    session.env["SANDBAR_TEMPLATE_ID"] = session.env["E2B_TEMPLATE_ID"] = *request.templateId;
  for (auto& [name, value] : request.envVars.value_or(std::map<std::string, std::string>{}))
    session.env[name] = value;
  if (request.accessToken) session.access_token = Secret(std::move(*request.accessToken));
  if (request.defaultUser) session.default_user = std::move(*request.defaultUser);
  if (request.defaultWorkdir) session.default_workdir = std::move(*request.defaultWorkdir);
  return {};
}

}  // namespace sandbar::guest
