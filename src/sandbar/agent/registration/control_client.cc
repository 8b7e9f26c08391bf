// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/registration/control_client.h"

#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sandbar/async/timer.h"
#include "sandbar/base/units.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"
#include "sandbar/model/tunnel.h"

namespace sandbar::agent {

struct RegisterBody {
  std::string token, address, arch;
  int cpu_cores = 0;
  std::int64_t memory_mb = 0, disk_gb = 0;
  std::string csr;
};
BOOST_DESCRIBE_STRUCT(RegisterBody, (), (token, address, arch, cpu_cores, memory_mb, disk_gb, csr))

struct RefreshBody {
  std::string refresh_token;
  std::optional<std::string> next_refresh_token;
  std::string csr;
};
BOOST_DESCRIBE_STRUCT(RefreshBody, (), (refresh_token, next_refresh_token, csr))

struct ControlError {
  json::Defaulted<std::string> code, message;
};
BOOST_DESCRIBE_STRUCT(ControlError, (), (code, message))

struct ControlErrorBody {
  std::optional<ControlError> error;
};
BOOST_DESCRIBE_STRUCT(ControlErrorBody, (), (error))

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxReply = 256 * 1024;
constexpr auto kHeartbeatLimit = 10s, kRefreshLimit = 15s, kRegisterLimit = 30s;

std::string go_name_of_arch(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return std::string(machine);
}

Error refused_registration(const ControlReply& reply) {
  auto body = json::decode_text<ControlErrorBody>(reply.body);
  std::string why =
      body && body->error ? body->error->message.value : fmt::format("it answered {}", reply.status);
  return {errc_of_http(reply.status), "control refused the registration: " + why};
}

}  // namespace

HostFacts host_facts(const std::filesystem::path& state) {
  HostFacts facts;
  struct utsname name{};
  if (uname(&name) == 0) {
    facts.arch = go_name_of_arch(name.machine);
    facts.hostname = name.nodename;
  }
  facts.cpu_cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  struct sysinfo memory{};
  if (sysinfo(&memory) == 0)
    facts.memory_mb = static_cast<std::int64_t>(memory.totalram * memory.mem_unit / kMib);
  struct statvfs disk{};
  if (statvfs(state.c_str(), &disk) == 0)
    facts.disk_gb = static_cast<std::int64_t>(disk.f_blocks * disk.f_frsize / kGib);
  return facts;
}

Task<Result<ControlReply>> ControlClient::post(std::string path, http::Headers headers, std::string body,
                                               std::chrono::milliseconds limit) {
  headers.set("Content-Type", "application/json");
  http::RequestHead head{"POST", path, std::move(headers)};
  auto call = http_.fetch(std::move(head), std::move(body), kMaxReply);
  CO_TRY(auto response, co_await with_timeout(limit, path, std::move(call)));
  ControlReply reply{response.status, {}, std::move(response.body)};
  for (auto url : split(response.headers.get(kTunnelsHeader), ','))
    if (!trim(url).empty()) reply.tunnels.emplace_back(trim(url));
  reply.is_reached = response.headers.get(kReachedHeader) != "false";
  if (reply.status >= 400)
    if (auto error = json::decode_text<ControlErrorBody>(reply.body); error && error->error)
      reply.code = error->error->code.value;
  co_return reply;
}

Task<Result<Credentials>> ControlClient::register_host(std::string token, std::string address,
                                                       std::string control_url, HostFacts facts) {
  CO_TRY(auto key, http::make_private_key());
  CO_TRY(auto csr, http::make_signing_request(key, "sandbar-agent"));
  RegisterBody body{token,           address,       facts.arch,    facts.cpu_cores,
                    facts.memory_mb, facts.disk_gb, std::move(csr)};
  CO_TRY(auto reply, co_await post("/v1/hosts/register", {}, json::encode(body), kRegisterLimit));
  if (reply.status != 201) co_return fail(refused_registration(reply));
  CO_TRY(auto grant, grant_of(reply));
  if (!grant.certificate_pem || !grant.ca_pem)
    co_return fail(Error{Errc::unknown, "control sent no certificate"});
  Credentials credentials;
  credentials.host_id = grant.host.id;
  credentials.control_url = std::move(control_url);
  credentials.address = address;
  credentials.private_key_pem = key.reveal();
  apply(grant, credentials, SystemClock().now());
  co_return credentials;
}

Task<Result<ControlReply>> ControlClient::heartbeat(const Credentials& credentials, HeartbeatBody body) {
  http::Headers headers{{"X-Host-Token", credentials.token}};
  co_return co_await post("/v1/hosts/" + credentials.host_id.str() + "/heartbeat", std::move(headers),
                          json::encode(body), kHeartbeatLimit);
}

Task<Result<ControlReply>> ControlClient::refresh(const Credentials& credentials) {
  CO_TRY(auto csr,
         http::make_signing_request(Secret(credentials.private_key_pem), credentials.host_id.str()));
  RefreshBody body{credentials.refresh_token, credentials.next_refresh_token, std::move(csr)};
  co_return co_await post("/v1/hosts/auth/refresh", {}, json::encode(body), kRefreshLimit);
}

Result<Grant> grant_of(const ControlReply& reply) {
  TRY(auto grant, json::decode_text<Grant>(reply.body));
  if (grant.token.empty() || grant.refresh_token.empty())
    return fail(Error{Errc::unknown, "control sent empty tokens"});
  if (grant.certificate_pem) TRY_VOID(http::certificate_fingerprint(*grant.certificate_pem));
  return grant;
}

void apply(const Grant& grant, Credentials& credentials, Time now) {
  credentials.token = grant.token;
  credentials.refresh_token = grant.refresh_token;
  credentials.next_refresh_token.reset();
  if (grant.ca_pem) credentials.ca_pem = *grant.ca_pem;
  if (!grant.certificate_pem) return;
  credentials.certificate_pem = *grant.certificate_pem;
  credentials.issued_at_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
}

}  // namespace sandbar::agent
