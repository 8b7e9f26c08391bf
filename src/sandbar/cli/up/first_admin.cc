// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/first_admin.h"

#include "sandbar/cli/api.h"
#include "sandbar/cli/files.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct TokenAnswer {
  std::string registration_token;
};
BOOST_DESCRIBE_STRUCT(TokenAnswer, (), (registration_token))

}  // namespace

Result<Admin> load_admin(const Layout& layout) {
  TRY(auto text, read_file(layout.admin()));
  return json::decode_text<Admin>(text);
}

Task<Result<FirstAdmin>> ensure_admin(const Layout& layout, Tool bootstrap) {
  if (auto admin = load_admin(layout)) co_return FirstAdmin{*admin, false};
  CO_TRY(auto answer, co_await run_tool(std::move(bootstrap)));
  CO_TRY(auto admin, json::decode_text<Admin>(answer));
  CO_TRY_VOID(write_file(layout.admin(), answer, 0600));
  co_return FirstAdmin{std::move(admin), true};
}

Task<Result<Secret>> admin_session(Executor executor, std::string url, Admin admin) {
  CO_TRY(auto api, Api::create(executor, {url, {}, {}}));
  boost::json::object credentials{{"email", admin.email}, {"password", admin.password}};
  CO_TRY(auto answer, co_await api->post("/v1/auth/login", std::move(credentials), Auth::none));
  CO_TRY(auto login, view_of<LoginAnswer>(answer));
  co_return Secret(login.token);
}

Task<Result<std::string>> registration_token(Executor executor, std::string url, FirstAdmin first) {
  if (first.fresh) co_return first.admin.registration_token;
  CO_TRY(auto session, co_await admin_session(executor, url, first.admin));
  CO_TRY(auto api, Api::create(executor, {url, {}, session}));
  CO_TRY(auto answer,
         co_await api->post("/v1/hosts/" + first.admin.host_id + "/token", nullptr, Auth::session));
  CO_TRY(auto token, view_of<TokenAnswer>(answer));
  co_return token.registration_token;
}

}  // namespace sandbar::cli
