// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/bootstrap.h"

#include <cerrno>
#include <fstream>
#include <iterator>

#include "sandbar/base/random.h"
#include "sandbar/control/api_keys/service.h"
#include "sandbar/control/hosts/service.h"
#include "sandbar/control/run_alone.h"
#include "sandbar/control/setup.h"
#include "sandbar/control/users/service.h"
#include "sandbar/json/encode.h"

namespace sandbar::control {
namespace {

struct Made {
  std::string email, password;
  UserId user_id;
  TeamId team_id;
  std::string api_key;
  HostId host_id;
  std::string registration_token;
};
BOOST_DESCRIBE_STRUCT(Made, (), (email, password, user_id, team_id, api_key, host_id, registration_token))

// The services that it takes, over one database.
struct Services {
  Services(Executor executor, const Config& config, const access::Keys& own_keys)
      : keys(own_keys),
        database(pg::Database::create(executor, database_options(config))),
        tokens(keys, clock) {}

  access::Keys keys;
  SystemClock clock;
  BlockingPool hashing{1};
  std::unique_ptr<pg::Database> database;
  access::Tokens tokens;
  access::RateLimiter limiter{clock};
  access::Passwords passwords{hashing};
  access::AccessService access{*database, tokens};
  sessions::SessionService sessions{*database, access, {}};
  users::UsersService users{{*database, passwords, tokens, keys, limiter, sessions}};
  api_keys::ApiKeysService api_keys{*database, clock};
  agents::AgentPool agents{[](const agents::AgentAddress&) { return agents::AgentClientPtr(); }};
  hosts::HostsService hosts{*database, agents};
};

Result<Secret> password_of(const BootstrapOptions& options) {
  if (options.password_file.empty()) return Secret(random_hex(12));
  std::ifstream file(options.password_file);
  if (!file) return fail(errno_error("reading " + options.password_file, errno));
  std::string text(std::istreambuf_iterator<char>(file), {});
  return Secret(std::string(trim(text)));
}

Task<Result<Made>> make_all(Services& services, BootstrapOptions options, Secret password) {
  CO_TRY(auto admin, co_await services.users.create_first_admin({options.email, options.name, password}));
  CO_TRY(auto actor, co_await services.access.user_of(admin.token));
  CO_TRY(auto key, co_await services.api_keys.create(actor, {.name = "First key"}));
  CO_TRY(auto host, co_await services.hosts.create(actor, {}));
  CO_TRY_VOID(co_await services.sessions.end(actor, *actor.session));
  co_return Made{admin.email,
                 password.reveal(),
                 admin.user_id,
                 key.row.team_id,
                 key.key.reveal(),
                 host.host.id,
                 host.registration_token.reveal()};
}

Task<Result<Made>> run(const Config& config, BootstrapOptions options, Secret password, Executor executor) {
  CO_TRY(auto setup, co_await set_up(config));
  Services services(executor, config, setup.keys);
  auto made = co_await make_all(services, std::move(options), std::move(password));
  co_await services.database->close();
  co_return made;
}

}  // namespace

Result<std::string> bootstrap(const Config& config, const BootstrapOptions& options) {
  TRY(auto password, password_of(options));
  TRY(auto made,
      run_alone<Made>([&](Executor executor) { return run(config, options, password, executor); }));
  return json::encode(made);
}

}  // namespace sandbar::control
