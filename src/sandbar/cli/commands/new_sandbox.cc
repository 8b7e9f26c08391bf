// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/commands/new_sandbox.h"

#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"

namespace sandbar::cli {
namespace {

namespace bj = boost::json;

// "512MiB", "2GiB", or a plain number of MiB.
Result<std::int64_t> mebibytes_of(const std::string& text, std::string_view option) {
  if (auto number = parse_int(text)) return *number;
  auto bytes = parse_size(text);
  if (!bytes || *bytes % kMib != 0)
    return fail(invalid_request(fmt::format("{} '{}' is not a size; examples: 512MiB, 2GiB", option, text)));
  return static_cast<std::int64_t>(*bytes / kMib);
}

bj::array array_of(const std::vector<std::string>& items) {
  bj::array out;
  for (const auto& item : items) out.emplace_back(item);
  return out;
}

std::optional<bj::object> network_of(const NewSandbox& sandbox) {
  bj::object network;
  if (sandbox.no_network) network["egress"] = "deny";
  if (!sandbox.allow_cidrs.empty()) network["allow_cidrs"] = array_of(sandbox.allow_cidrs);
  if (!sandbox.deny_cidrs.empty()) network["deny_cidrs"] = array_of(sandbox.deny_cidrs);
  if (network.empty()) return std::nullopt;
  return network;
}

}  // namespace

void add_new_sandbox_options(CLI::App& command, NewSandbox& sandbox) {
  command.add_option("--cpus", sandbox.vcpus, "virtual processors");
  command.add_option("--memory", sandbox.memory, "memory, for example 512MiB");
  command.add_option("--disk", sandbox.disk, "disk, for example 4GiB");
  command.add_option("--timeout", sandbox.timeout,
                     "idle time after which it is paused, for example 10m (0: never)");
  command.add_option("-e,--env", sandbox.env, "NAME=value for every command in it")->allow_extra_args(false);
  command.add_option("--metadata", sandbox.metadata, "NAME=value kept with it")->allow_extra_args(false);
  command.add_flag("--public", sandbox.is_public, "everybody may reach its ports");
  command.add_flag("--auto-resume", sandbox.auto_resume, "traffic to its ports wakes it when it is paused");
  command.add_flag("--no-network", sandbox.no_network, "no way out to the internet");
  command.add_option("--allow-cidr", sandbox.allow_cidrs, "only these networks may be reached")
      ->allow_extra_args(false);
  command.add_option("--deny-cidr", sandbox.deny_cidrs, "these networks may not be reached")
      ->allow_extra_args(false);
}

Result<bj::object> pairs_of(const std::vector<std::string>& pairs, std::string_view option) {
  bj::object out;
  for (const auto& pair : pairs) {
    auto at = pair.find('=');
    if (at == std::string::npos || at == 0)
      return fail(invalid_request(fmt::format("{} '{}' is not NAME=value", option, pair)));
    out[pair.substr(0, at)] = pair.substr(at + 1);
  }
  return out;
}

Result<std::int64_t> seconds_of(const std::string& text, std::string_view option) {
  if (auto number = parse_int(text); number && *number >= 0) return *number;
  auto duration = parse_duration(text);
  if (!duration)
    return fail(invalid_request(fmt::format("{} '{}' is not a time; examples: 90s, 10m, 2h", option, text)));
  return std::chrono::ceil<std::chrono::seconds>(*duration).count();
}

Result<bj::object> request_of(const NewSandbox& sandbox) {
  bj::object body{{"template", sandbox.template_name}};
  if (sandbox.vcpus) body["vcpus"] = *sandbox.vcpus;
  if (!sandbox.memory.empty()) {
    TRY(body["memory_mb"], mebibytes_of(sandbox.memory, "--memory"));
  }
  if (!sandbox.disk.empty()) {
    TRY(body["disk_mb"], mebibytes_of(sandbox.disk, "--disk"));
  }
  if (!sandbox.timeout.empty()) {
    TRY(body["timeout_sec"], seconds_of(sandbox.timeout, "--timeout"));
  }
  if (!sandbox.on_timeout.empty()) body["on_timeout"] = sandbox.on_timeout;
  if (!sandbox.env.empty()) {
    TRY(body["env"], pairs_of(sandbox.env, "--env"));
  }
  if (!sandbox.metadata.empty()) {
    TRY(body["metadata"], pairs_of(sandbox.metadata, "--metadata"));
  }
  if (auto network = network_of(sandbox)) body["network"] = *network;
  if (sandbox.is_public || sandbox.auto_resume)
    body["traffic"] = bj::object{{"public", sandbox.is_public}, {"auto_resume", sandbox.auto_resume}};
  return body;
}

Task<Result<bj::value>> create_sandbox(Context& context, NewSandbox sandbox) {
  CO_TRY(auto body, request_of(sandbox));
  CO_TRY(auto* api, context.api());
  co_return co_await api->post("/v1/sandboxes", std::move(body));
}

}  // namespace sandbar::cli
