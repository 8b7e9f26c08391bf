// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/login.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/terminal.h"

namespace sandbar::cli {
namespace {

struct LoginOptions {
  std::string email, password_file;
};

struct NoOptions {};

// From the file, from the terminal, or one line of standard input.
Result<Secret> password_for(const LoginOptions& options, const std::string& email) {
  std::string line;
  if (options.password_file.empty() || options.password_file == "-") {
    line =
        stdin_is_terminal() ? ask_secret("Password for " + email + ": ").value_or("") : ask("").value_or("");
  } else {
    TRY(line, read_file(options.password_file));
  }
  auto password = std::string(line.substr(0, line.find('\n')));
  if (password.empty())
    return fail(invalid_request("a password is needed: type it, or --password-file FILE"));
  return Secret(password);
}

Task<Result<Profile>> new_profile(Context& context, LoginOptions options, std::string url, Secret api_key) {
  if (options.email.empty() && !api_key.empty())
    co_return co_await profile_with_key(context.executor(), url, api_key);
  if (options.email.empty() && stdin_is_terminal()) options.email = trim(ask("E-mail: ").value_or(""));
  if (options.email.empty())
    co_return fail(invalid_request("say who: sandbar login EMAIL, or sandbar login --api-key KEY"));
  CO_TRY(auto password, password_for(options, options.email));
  co_return co_await sign_in(context.executor(), url, options.email, password);
}

Task<Result<int>> login(Context& context, LoginOptions options) {
  CO_TRY(auto url, context.url());
  CO_TRY(auto profile, co_await new_profile(context, options, url, Secret(context.options().api_key)));
  CO_TRY(auto* config, context.config());
  auto name = context.profile_for(url);
  config->profiles[name] = profile;
  config->current = name;
  CO_TRY_VOID(context.save_config());
  boost::json::object result{{"profile", name}, {"url", profile.url}};
  show(context, result,
       fmt::format("Logged in to {} as {} (profile {})\n", profile.url, profile.email.value_or("an API key"),
                   name));
  co_return 0;
}

// A server that cannot be asked keeps nobody from forgetting it.
Task<void> end_session(Context& context, Profile profile) {
  if (!profile.session) co_return;
  auto api = Api::create(context.executor(),
                         {profile.url, {}, Secret(*profile.session), Secret(profile.renewal.value_or(""))});
  if (!api) co_return;
  boost::json::object nothing;
  auto ended = co_await (*api)->post("/v1/auth/logout", std::move(nothing), Auth::session);
  if (!ended) note("The session could not be ended: " + ended.error().message);
}

Task<Result<int>> logout(Context& context, NoOptions) {
  CO_TRY(auto url, context.url());
  CO_TRY(auto* config, context.config());
  auto name = context.profile_for(url);
  if (const auto* profile = config->find(name)) co_await end_session(context, *profile);
  if (config->profiles.erase(name) == 0) co_return fail(not_found("profile", name));
  if (config->current == name) config->current.reset();
  CO_TRY_VOID(context.save_config());
  note("Forgot the credentials for " + url + "; the API key itself lives on until `sandbar keys revoke`");
  co_return 0;
}

// A key belongs to a team and not to a person: what can be said is whether it works, and how it begins.
Task<Result<int>> show_key(Context& context, Api& api, std::string key) {
  CO_TRY_VOID(co_await api.get("/v1/sandboxes?limit=1"));
  boost::json::object answer{{"server", api.url()}, {"api_key", key.substr(0, 10) + "…"}};
  show(context, answer, render_fields({{"server", api.url()}, {"API key", key.substr(0, 10) + "…"}}));
  co_return 0;
}

Task<Result<int>> whoami(Context& context, NoOptions) {
  CO_TRY(auto credentials, context.credentials());
  CO_TRY(auto* api, context.api());
  if (credentials.session.empty()) co_return co_await show_key(context, *api, credentials.api_key.reveal());
  CO_TRY(auto answer, co_await api->get("/v1/me", Auth::session));
  std::vector<std::pair<std::string, std::string>> fields{{"server", api->url()}};
  if (const auto* object = answer.if_object())
    for (const auto& [name, value] : *object)
      if (value.is_string()) fields.emplace_back(name, std::string(std::string_view(value.get_string())));
  show(context, answer, render_fields(fields));
  co_return 0;
}

}  // namespace

void add_account_commands(CLI::App& app, Chosen& chosen) {
  auto login_options = std::make_shared<LoginOptions>();
  auto* command =
      app.add_subcommand("login", "Log in, make an API key and keep it; or keep a given one (--api-key)");
  command->add_option("email", login_options->email);
  command->add_option("--password-file", login_options->password_file,
                      "instead of asking; - is standard input");
  run_when_chosen(command, chosen, login_options, login);

  auto none = std::make_shared<NoOptions>();
  run_when_chosen(app.add_subcommand("logout", "Forget the stored credentials"), chosen, none, logout);
  run_when_chosen(app.add_subcommand("whoami", "Show who the server takes you for"), chosen, none, whoami);
}

}  // namespace sandbar::cli
