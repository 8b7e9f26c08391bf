// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/commands/new_sandbox.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct UrlOptions {
  std::string sandbox;
  int port = 0;
  bool make_public = false, make_private = false, make_link = false;
  std::string lifetime;
};

struct UrlView {
  std::string url;
  std::optional<std::string> expires_at;
};
BOOST_DESCRIBE_STRUCT(UrlView, (), (url, expires_at))

struct PatternView {
  std::string url_pattern;
};
BOOST_DESCRIBE_STRUCT(PatternView, (), (url_pattern))

Task<Result<boost::json::value>> plain_url(Api& api, std::string id, int port) {
  CO_TRY(auto answer, co_await api.get(sandbox_path(id, "/traffic")));
  CO_TRY(auto view, view_of<PatternView>(answer));
  constexpr std::string_view kHole = "{port}";
  if (auto at = view.url_pattern.find(kHole); at != std::string::npos)
    view.url_pattern.replace(at, kHole.size(), std::to_string(port));
  co_return boost::json::object{{"url", view.url_pattern}, {"port", port}};
}

Task<Result<boost::json::value>> new_link(Api& api, std::string id, UrlOptions options) {
  boost::json::object body{{"port", options.port}};
  if (!options.lifetime.empty()) {
    CO_TRY(body["expires_in_sec"], seconds_of(options.lifetime, "--for"));
  }
  co_return co_await api.post(sandbox_path(id, "/links"), std::move(body));
}

Task<Result<int>> url(Context& context, UrlOptions options) {
  if (!options.lifetime.empty() && !options.make_link)
    co_return fail(invalid_request("--for belongs to --link"));
  CO_TRY(auto id, co_await resolve_sandbox(context, options.sandbox));
  CO_TRY(auto* api, context.api());
  auto asked = options.make_link ? new_link(*api, id, options) : plain_url(*api, id, options.port);
  if (options.make_public || options.make_private)
    asked = api->put(sandbox_path(id, fmt::format("/ports/{}", options.port)),
                     boost::json::object{{"public", options.make_public}});
  CO_TRY(auto answer, co_await std::move(asked));
  CO_TRY(auto view, view_of<UrlView>(answer));
  show(context, answer, view.url + "\n");
  co_return 0;
}

}  // namespace

void add_url_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<UrlOptions>();
  auto* command = app.add_subcommand("url", "Print the address of a port in a sandbox");
  command->add_option("sandbox", options->sandbox, "id, or the beginning of one")->required();
  command->add_option("port", options->port)->required()->check(CLI::Range(1, 65535));
  auto* access = command->add_option_group("access", "who gets in");
  access->add_flag("--public", options->make_public, "from now on everybody");
  access->add_flag("--private", options->make_private, "from now on only the team, and who has a link");
  access->add_flag("--link", options->make_link, "whoever has the printed address, until it expires");
  access->require_option(0, 1);
  command->add_option("--for", options->lifetime, "how long the link works, for example 30m (default: 1h)");
  run_when_chosen(command, chosen, options, url);
}

}  // namespace sandbar::cli
