// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/joined_host.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/up/base_template.h"
#include "sandbar/cli/up/installation.h"
#include "sandbar/cli/up/tool.h"
#include "sandbar/json/decode.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"

namespace sandbar::cli {

// What we read of the agent's credentials.
struct HostCredentials {
  std::string host_id;
};
BOOST_DESCRIBE_STRUCT(HostCredentials, (), (host_id))

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kRegisteredWithin = 60s, kReachedWithin = 20s;
constexpr auto kAgentGrace = 180s;  // it pauses what runs
// What the agent says in its log once control has called it.
constexpr std::string_view kTakesPart = "this host takes part";

std::string options_file(const Layout& layout) { return layout.root + "/join.json"; }
std::string token_file(const Layout& layout) { return layout.root + "/token"; }

}  // namespace

Result<JoinOptions> load_join(const Layout& layout) {
  TRY(auto text, read_file(options_file(layout)));
  return json::decode_text<JoinOptions>(text);
}

Result<void> save_join(const Layout& layout, const JoinOptions& options, const std::string& token) {
  TRY_VOID(write_file(token_file(layout), token + "\n", 0600));
  return write_file(options_file(layout), json::encode(options), 0644);
}

bool is_joined(const Layout& layout) { return fs::exists(options_file(layout)); }

std::optional<std::string> joined_host_id(const Layout& layout) {
  auto text = read_file(layout.agent_credentials());
  auto credentials = text ? json::decode_text<HostCredentials>(*text) : fail(text.error());
  if (!credentials) return std::nullopt;
  return credentials->host_id;
}

JoinedHost::JoinedHost(Executor executor, Layout layout, JoinOptions options, Report& report)
    : executor_(executor),
      layout_(std::move(layout)),
      options_(std::move(options)),
      report_(report),
      tasks_(executor) {}

Result<void> JoinedHost::prepare_folders() {
  TRY_VOID(make_folder(layout_.root, 0755));
  TRY_VOID(make_folder(layout_.logs(), 0750));
  std::error_code none;
  auto size = fs::file_size(layout_.log("agent"), none);
  log_begin_ = none ? 0 : static_cast<std::size_t>(size);
  return {};
}

// A token works once: an agent that ends after its registration is started again without.
std::vector<std::string> JoinedHost::agent_arguments() const {
  std::vector<std::string> args;
  if (!options_.hypervisor.empty()) args.push_back("--hypervisor=" + options_.hypervisor);
  auto token = read_file(token_file(layout_));
  if (!token) return args;
  args.insert(args.end(), {"--register", std::string(trim(*token))});
  if (!options_.address.empty()) args.insert(args.end(), {"--address", options_.address});
  return args;
}

std::vector<std::string> JoinedHost::agent_environment() const {
  auto environment = plain_environment();
  environment.push_back("SANDBAR_CONTROL_URL=" + options_.control_url);
  environment.push_back("SANDBAR_STATE_DIR=" + layout_.agent());
  if (!options_.listen.empty()) environment.push_back("SANDBAR_AGENT_LISTEN=" + options_.listen);
  environment.insert(environment.end(), options_.agent_env.begin(), options_.agent_env.end());
  return environment;
}

Task<Result<void>> JoinedHost::start() {
  report_.step("Preparing " + layout_.root);
  CO_TRY_VOID(prepare_folders());
  end_leftovers(layout_, Sandboxes::go_on);
  CO_TRY_VOID(co_await build_base_template(layout_, options_.hypervisor, report_));
  report_.step("Joining " + options_.control_url);
  ServiceSpec spec{"agent",
                   program_folder() + "/sandbar-agent",
                   [this] { return agent_arguments(); },
                   agent_environment(),
                   {},
                   SIGTERM,
                   kAgentGrace};
  agent_ = std::make_unique<Service>(executor_, layout_, std::move(spec));
  tasks_.spawn("agent", agent_->keep_running());
  CO_TRY_VOID(co_await await_registration());
  co_await await_reached();
  tasks_.spawn("watch", keep_watch());
  report_.done();
  co_return Result<void>{};
}

std::string JoinedHost::new_log() const {
  auto text = read_file(layout_.log("agent"));
  return text && text->size() > log_begin_ ? text->substr(log_begin_) : std::string();
}

// While the token is there the credentials may be those of an earlier time. An agent that has to be started a
// second time was refused. Either way the token is of no more use.
Task<Result<void>> JoinedHost::await_registration() {
  bool is_new = fs::exists(token_file(layout_));
  ScopeExit used_up([this] { ::unlink(token_file(layout_).c_str()); });
  for (auto end = std::chrono::steady_clock::now() + kRegisteredWithin;
       std::chrono::steady_clock::now() < end;) {
    bool has_joined = !is_new || new_log().contains("registered");
    if (has_joined && joined_host_id(layout_)) co_return Result<void>{};
    if (agent_->starts() > 1) break;
    co_await sleep_for(50ms);
  }
  co_return fail(Error{Errc::unavailable, "this machine did not join " + options_.control_url,
                       std::string(trim(new_log()))});
}

Task<void> JoinedHost::await_reached() {
  for (auto end = std::chrono::steady_clock::now() + kReachedWithin;
       std::chrono::steady_clock::now() < end;) {
    if (new_log().contains(kTakesPart)) co_return;
    co_await sleep_for(50ms);
  }
  auto how = options_.address.empty() ? "over this machine's connections" : "at " + options_.address;
  report_.detail(
      fmt::format("the server has not reached this agent {} yet; until then it gets no sandboxes", how));
}

// An agent whose host was removed has ended by itself, and nothing is left to be kept running. Logs are kept
// from growing on the way.
Task<void> JoinedHost::keep_watch() {
  for (;;) {
    co_await sleep_for(1s);
    rotate_log(layout_.log("agent"));
    rotate_log(layout_.log("up"));
    if (joined_host_id(layout_)) continue;
    log::info("the host was removed from its server");
    ::raise(SIGTERM);
    co_return;
  }
}

Task<void> JoinedHost::stop() {
  if (agent_) co_await agent_->stop();
  co_await tasks_.shut_down();
}

}  // namespace sandbar::cli
