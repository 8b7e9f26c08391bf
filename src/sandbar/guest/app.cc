// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/app.h"

#include "sandbar/base/try.h"
#include "sandbar/guest/cors.h"
#include "sandbar/guest/disk.h"
#include "sandbar/guest/file_download.h"
#include "sandbar/guest/file_upload.h"
#include "sandbar/guest/rest.h"
#include "sandbar/guest/version.h"
#include "sandbar/guest/warmup.h"
#include "sandbar/json/encode.h"
#include "sandbar/serial/line.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kMaxInit = 1 << 20;
// The other end of the machine's only network link.
constexpr std::string_view kHostAddress = "169.254.0.22:";
constexpr std::string_view kUnauthorized =
    "unauthorized access, please provide a valid access token or method signing if supported";

Result<InitRequest> init_request_of(const std::string& body) {
  if (body.empty()) return InitRequest{};
  return json::decode_text<InitRequest>(body);
}

}  // namespace

const App::Route App::kRoutes[] = {
    {"GET", "/health", Admit::all, &App::health},
    {"GET", "/files", Admit::handler, &App::download},
    {"POST", "/files", Admit::handler, &App::upload},
    {"POST", "/files/compose", Admit::token, &App::compose},
    {"GET", "/metrics", Admit::token, &App::metrics},
    {"GET", "/envs", Admit::token, &App::envs},
    {"POST", "/init", Admit::handler, &App::init},
    {"POST", "/warmup", Admit::token, &App::warmup},
    {"GET", "/forward", Admit::handler, &App::forward},
    {"POST", "/process.Process/StreamInput", Admit::token, &App::stream_input},
};

App::App(Executor executor, proc::Reaper& reaper, Session session)
    : executor_(executor),
      session_(std::move(session)),
      table_(executor, reaper),
      processes_(session_, table_),
      files_(session_, pool_) {
  processes_.add_to(rpc_);
  files_.add_to(rpc_);
}

Task<void> App::handle(http::Exchange& exchange) {
  const auto& request = exchange.request();
  if (is_preflight(request)) {
    co_await exchange.respond(preflight_response());
    co_return;
  }
  if (!request.headers.has("origin")) co_return co_await route(exchange);
  CorsExchange cors(exchange);
  co_await route(cors);
}

bool App::has_token(const http::RequestHead& request) const {
  return session_.access_token.empty() ||
         token_matches(session_.access_token, request.headers.get("x-access-token"));
}

Task<void> App::route(http::Exchange& exchange) {
  const auto& request = exchange.request();
  auto path = request.path();
  const Route* found = nullptr;
  bool known = rpc_.handles(path);
  for (const auto& row : kRoutes) {
    known = known || row.path == path;
    if (row.path == path && row.method == request.method) found = &row;
  }
  if ((!found || found->admit == Admit::token) && !has_token(request)) {
    co_await exchange.respond(status_response(401, std::string(kUnauthorized)));
  } else if (found) {
    co_await (this->*found->handle)(exchange);
  } else if (rpc_.handles(path)) {
    co_await rpc_.serve(exchange);
  } else {
    co_await exchange.respond(known ? status_response(405, "method not allowed")
                                    : status_response(404, "page not found"));
  }
}

Task<void> App::health(http::Exchange& exchange) {
  co_await exchange.respond({204, {{"Cache-Control", "no-store"}}, {}});
}

Task<void> App::metrics(http::Exchange& exchange) {
  co_await exchange.respond(json_response(200, metrics_.json()));
}

Task<void> App::envs(http::Exchange& exchange) {
  co_await exchange.respond(json_response(200, json::encode(session_.env)));
}

// Who knows the current token may as well set another.
Caller App::caller_of(const http::Exchange& exchange) const {
  auto peer = exchange.peer_address();
  bool from_host = session_.virtual_machine && (peer == serial::kPeer || peer.starts_with(kHostAddress));
  bool knows_token = exchange.request().headers.has("x-access-token") && has_token(exchange.request());
  return from_host || knows_token ? Caller::host : Caller::anybody;
}

Task<Result<void>> App::read_and_apply_init(http::Exchange& exchange) {
  CO_TRY(auto body, co_await exchange.read_all(kMaxInit));
  CO_TRY(auto request, init_request_of(body));
  auto disk_mib = request.diskMib.value_or(0);
  CO_TRY_VOID(apply_init(session_, std::move(request), caller_of(exchange)));
  if (!session_.virtual_machine || disk_mib <= 0) co_return Result<void>{};
  co_return co_await pool_.get().run([disk_mib] { return grow_root(disk_mib); });
}

Task<void> App::init(http::Exchange& exchange) {
  auto applied = co_await read_and_apply_init(exchange);
  http::Response response{204, {{"Cache-Control", "no-store"}}, {}};
  if (!applied) response = error_response(applied.error());
  response.headers.set("X-Envd-Version", kProtocolVersion);
  co_await exchange.respond(std::move(response));
}

Task<void> App::warm_up() { co_await run_warmup(executor_, rpc_); }

Task<void> App::warmup(http::Exchange& exchange) {
  co_await warm_up();
  co_await exchange.respond({204, {}, {}});
}

// The host speaks over the machine's serial port or network link, or over the unix socket of a plain process.
Task<void> App::forward(http::Exchange& exchange) {
  bool over_socket = !session_.virtual_machine && exchange.peer_address().empty();
  if (over_socket || caller_of(exchange) == Caller::host) co_return co_await forwarder_.serve(exchange);
  co_await exchange.respond(status_response(401, std::string(kUnauthorized)));
}

Task<void> App::download(http::Exchange& exchange) { return download_file(exchange, session_, pool_); }
Task<void> App::upload(http::Exchange& exchange) { return upload_files(exchange, session_, pool_); }
Task<void> App::compose(http::Exchange& exchange) { return compose_files(exchange, session_, pool_); }
Task<void> App::stream_input(http::Exchange& exchange) { return processes_.stream_input(exchange); }

}  // namespace sandbar::guest
