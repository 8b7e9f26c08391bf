// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sandbar/control/bootstrap.h"
#include "sandbar/control/health/service.h"
#include "sandbar/control/routes.h"
#include "sandbar/control/serve.h"
#include "sandbar/control/version.h"
#include "sandbar/http/openapi.h"

using namespace sandbar;
using namespace sandbar::control;

namespace {

struct Options {
  bool config = false, routes = false, openapi = false;
  bool is_bootstrap = false;
  BootstrapOptions bootstrap;
};

Result<void> print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

Result<void> run_bootstrap(const Config& config, const BootstrapOptions& options) {
  TRY(auto made, bootstrap(config, options));
  return print(made + "\n");
}

Result<void> run(const Options& options) {
  http::Router router;
  mount(router, {});
  if (options.routes) return print(http::routes_text(router.routes()));
  if (options.openapi) return print(http::to_yaml(health::describe_api(router)));
  TRY(auto environment, read_environment());
  if (options.config) return print(print_config(environment));
  TRY(auto config, load_config(environment));
  return options.is_bootstrap ? run_bootstrap(config, options.bootstrap) : serve(std::move(config));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Sandbar's control plane. Settings come from the environment: see --print-config.",
               "sandbar-control");
  app.set_version_flag("--version", std::string(kVersion));
  app.add_flag("--print-config", options.config, "print every setting with its value and meaning");
  app.add_flag("--print-routes", options.routes, "print the route table");
  app.add_flag("--print-openapi", options.openapi, "print the OpenAPI document as YAML");
  auto* bootstrap =
      app.add_subcommand("bootstrap", "make the first platform admin, an API key and a host; prints JSON");
  bootstrap->add_option("--email", options.bootstrap.email, "address that the admin signs in with")
      ->required();
  bootstrap->add_option("--name", options.bootstrap.name, "name of the admin")->required();
  bootstrap->add_option("--password-file", options.bootstrap.password_file,
                        "file with the password; else one is made");
  CLI11_PARSE(app, argc, argv);
  options.is_bootstrap = bootstrap->parsed();
  auto done = run(options);
  if (done) return 0;
  std::fprintf(stderr, "sandbar-control: %s\n", log::describe(done.error()).c_str());
  return 1;
}
