// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/installation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/cli/api.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/up/base_template.h"
#include "sandbar/cli/up/certificate.h"
#include "sandbar/cli/up/database.h"
#include "sandbar/cli/up/first_admin.h"
#include "sandbar/cli/up/mark.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kControlReadyWithin = 60s, kHostOnlineWithin = 90s;
constexpr auto kControlGrace = 20s, kAgentGrace = 180s, kPostgresGrace = 30s;  // the agent pauses what runs
constexpr const char* kServices[] = {"control", "agent", "postgres"};

std::vector<std::string> joined(std::vector<std::string> environment, const std::vector<std::string>& more) {
  environment.insert(environment.end(), more.begin(), more.end());
  return environment;
}

std::string url_of(const UpOptions& options) { return "http://" + local_address(options.listen); }

Task<bool> is_ready(Executor executor, std::string url) {
  auto api = Api::create(executor, {url, {}, {}});
  if (!api) co_return false;
  auto answer = co_await (*api)->get("/readyz", Auth::none);
  // Whatever text a ready server answers with is good.
  co_return answer || answer.error().code == Errc::unknown;
}

}  // namespace

Installation::Installation(Executor executor, Layout layout, UpOptions options, Report& report)
    : executor_(executor),
      layout_(std::move(layout)),
      options_(std::move(options)),
      report_(report),
      tasks_(executor) {}

Installation::~Installation() = default;

Result<void> Installation::prepare_folders() {
  TRY(identity_, system_user());
  for (const auto& path : {layout_.root, layout_.programs()}) TRY_VOID(make_folder(path, 0755));
  TRY_VOID(make_folder(layout_.logs(), 0750));
  if (fs::exists(layout_.secret())) return {};
  TRY_VOID(write_file(layout_.secret(), random_hex(32) + "\n", 0400));
  if (::chown(layout_.secret().c_str(), identity_.uid, identity_.gid) != 0)
    return fail(errno_error("chown " + layout_.secret(), errno));
  return {};
}

// Wildcard certificates are good for names with at least three labels, so "localhost" needs one more.
std::string Installation::domain() const {
  auto given = given_setting(options_.control_env, "SANDBAR_DOMAIN");
  return given.value_or(options_.tls_listen ? "sandbar.localhost" : "localhost");
}

Result<void> Installation::prepare_certificate() {
  if (!options_.tls_listen || given_setting(options_.control_env, kCertificateSetting)) return {};
  return ensure_certificate(layout_, domain(), identity_);
}

// The system user need not be able to reach the folder that this was built in; and a build does not touch
// what runs.
Result<void> Installation::install_program() {
  auto source = program_folder() + "/sandbar-control", target = layout_.programs() + "/sandbar-control";
  std::error_code error;
  fs::copy_file(source, target + ".new", fs::copy_options::overwrite_existing, error);
  if (!error) fs::permissions(target + ".new", fs::perms(0755), error);
  if (!error) fs::rename(target + ".new", target, error);
  if (error) return fail(errno_error("copying " + source, error.value()));
  return {};
}

Result<void> Installation::install_dashboard() {
  auto source = built_dashboard();
  own_dashboard_ = source && !given_setting(options_.control_env, kWebSetting);
  if (!own_dashboard_) return {};
  std::error_code error;
  fs::remove_all(layout_.web(), error);
  fs::copy(*source, layout_.web(), fs::copy_options::recursive, error);
  if (error) return fail(errno_error("copying " + *source, error.value()));
  return {};
}

std::vector<std::string> Installation::control_environment() const {
  const char* external = std::getenv("SANDBAR_DATABASE_URL");
  auto environment = plain_environment();
  environment.push_back("SANDBAR_LISTEN=" + options_.listen);
  environment.push_back("SANDBAR_DATABASE_URL=" +
                        (own_database_ ? database_url(layout_) : std::string(external ? external : "")));
  environment.push_back("SANDBAR_SECRET_FILE=" + layout_.secret());
  if (own_dashboard_) environment.push_back(fmt::format("{}={}", kWebSetting, layout_.web()));
  environment.push_back("SANDBAR_TEAM_BUILDS=allowed");  // this one machine is the operator's own
  if (!given_setting(options_.control_env, "SANDBAR_DOMAIN"))
    environment.push_back("SANDBAR_DOMAIN=" + domain());
  if (options_.tls_listen) environment.push_back("SANDBAR_TLS_LISTEN=" + *options_.tls_listen);
  if (options_.tls_listen && !given_setting(options_.control_env, kCertificateSetting)) {
    environment.push_back("SANDBAR_TLS_CERTIFICATE=" + layout_.tls_certificate());
    environment.push_back("SANDBAR_TLS_KEY=" + layout_.tls_key());
  }
  return joined(std::move(environment), options_.control_env);
}

Service& Installation::add_service(ServiceSpec spec) {
  auto& service = *services_.emplace_back(std::make_unique<Service>(executor_, layout_, std::move(spec)));
  tasks_.spawn(service.name(), service.keep_running());
  return service;
}

Task<Result<void>> Installation::start() {
  report_.step("Preparing " + layout_.root);
  CO_TRY_VOID(prepare_folders());
  CO_TRY_VOID(prepare_certificate());
  end_leftovers(layout_, Sandboxes::go_on);
  CO_TRY_VOID(install_program());
  CO_TRY_VOID(install_dashboard());
  CO_TRY_VOID(co_await start_database());
  CO_TRY_VOID(co_await make_first_admin());
  CO_TRY_VOID(co_await start_control());
  CO_TRY_VOID(co_await build_base_template(layout_, options_.hypervisor, report_));
  CO_TRY_VOID(co_await start_agent());
  tasks_.spawn("log rotation", rotate_logs());
  report_.done();
  co_return Result<void>{};
}

Task<Result<void>> Installation::start_database() {
  own_database_ = std::getenv("SANDBAR_DATABASE_URL") == nullptr;
  if (!own_database_) co_return Result<void>{};
  report_.step("Starting PostgreSQL");
  CO_TRY_VOID(co_await prepare_cluster(layout_, identity_));
  add_service(postgres_service(layout_, identity_));
  co_return co_await await_database(layout_, identity_);
}

Task<Result<void>> Installation::make_first_admin() {
  if (fs::exists(layout_.admin())) co_return Result<void>{};
  report_.step("Making the first admin");
  Tool bootstrap{layout_.programs() + "/sandbar-control",
                 {"bootstrap", "--email", "admin@sandbar.local", "--name", "Admin"},
                 control_environment(),
                 identity_,
                 layout_.log("control"),
                 {}};
  CO_TRY(auto first, co_await ensure_admin(layout_, std::move(bootstrap)));
  first_start_ = first.fresh;
  co_return Result<void>{};
}

Task<Result<void>> Installation::start_control() {
  report_.step("Starting control");
  add_service({"control", layout_.programs() + "/sandbar-control", [] { return std::vector<std::string>{}; },
               control_environment(), identity_, SIGTERM, kControlGrace});
  auto end = std::chrono::steady_clock::now() + kControlReadyWithin;
  while (!co_await is_ready(executor_, url_of(options_))) {
    if (std::chrono::steady_clock::now() > end)
      co_return fail(Error{Errc::unavailable, fmt::format("control does not get ready at {}; see {}",
                                                          options_.listen, layout_.log("control"))});
    co_await sleep_for(50ms);
  }
  co_return Result<void>{};
}

std::vector<std::string> Installation::agent_arguments(const std::string& token) const {
  std::vector<std::string> args;
  if (!options_.hypervisor.empty()) args.push_back("--hypervisor=" + options_.hypervisor);
  // A token works once: an agent that ends after its registration is started again without.
  if (!fs::exists(layout_.agent_credentials()))
    args.insert(args.end(), {"--register", token, "--address", local_address(options_.agent_listen)});
  return args;
}

Task<Result<void>> Installation::start_agent() {
  report_.step("Starting the agent");
  CO_TRY(auto admin, load_admin(layout_));
  std::string token;
  if (!fs::exists(layout_.agent_credentials())) {
    CO_TRY(token, co_await registration_token(executor_, url_of(options_), {admin, first_start_}));
  }
  auto environment = plain_environment();
  environment.push_back("SANDBAR_CONTROL_URL=" + url_of(options_));
  environment.push_back("SANDBAR_AGENT_LISTEN=" + options_.agent_listen);
  environment.push_back("SANDBAR_STATE_DIR=" + layout_.agent());
  add_service({"agent",
               program_folder() + "/sandbar-agent",
               [this, token] { return agent_arguments(token); },
               joined(environment, options_.agent_env),
               {},
               SIGTERM,
               kAgentGrace});
  auto session = co_await admin_session(executor_, url_of(options_), admin);
  if (session) co_return co_await await_host(*session);
  report_.detail("the admin's password has been changed, so whether the host is online is not checked");
  co_return Result<void>{};
}

Task<Result<void>> Installation::await_host(Secret session) {
  CO_TRY(auto admin, load_admin(layout_));
  CO_TRY(auto api, Api::create(executor_, {url_of(options_), {}, session}));
  auto begin = SystemClock().now();
  for (auto end = std::chrono::steady_clock::now() + kHostOnlineWithin;
       std::chrono::steady_clock::now() < end;) {
    auto answer = co_await api->get("/v1/hosts/" + admin.host_id, Auth::session);
    auto host = answer ? view_of<HostView>(*answer) : Result<HostView>(fail(std::move(answer).error()));
    auto seen = host ? parse_rfc3339(host->last_heartbeat_at.value_or("")) : Result<Time>(begin);
    if (host && host->status == "online" && seen && *seen >= begin - 1s) co_return Result<void>{};
    co_await sleep_for(50ms);
  }
  co_return fail(Error{Errc::unavailable, "the agent does not come online; see " + layout_.log("agent")});
}

Task<void> Installation::rotate_logs() {
  for (;;) {
    for (const char* name : kServices) rotate_log(layout_.log(name));
    rotate_log(layout_.log("up"));
    co_await sleep_for(30s);
  }
}

Task<void> Installation::stop() {
  for (const char* name : kServices)
    for (auto& service : services_)
      if (service->name() == name) co_await service->stop();
  co_await tasks_.shut_down();
}

void end_leftovers(const Layout& layout, Sandboxes sandboxes) {
  if (auto control = find_marked(layout.mark("control"))) end_process(*control, SIGTERM, kControlGrace);
  auto agent_signal = sandboxes == Sandboxes::pause ? SIGTERM : SIGKILL;
  if (auto agent = find_marked(layout.mark("agent"))) end_process(*agent, agent_signal, kAgentGrace);
  if (auto postgres = find_marked(layout.mark("postgres"))) end_process(*postgres, SIGINT, kPostgresGrace);
  if (auto postgres = find_postmaster(layout)) end_process(*postgres, SIGINT, kPostgresGrace);
}

}  // namespace sandbar::cli
