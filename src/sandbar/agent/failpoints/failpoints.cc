// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/failpoints/failpoints.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "agent/v1/agent.pb.h"
#include "sandbar/agent/failpoints/faulty_exchange.h"
#include "sandbar/async/timer.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"
#include "sandbar/rpc/wire_error.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kMaxOrder = 1 << 20, kMaxPoints = 1000;
constexpr std::string_view kListMethod = "ListSandboxes";

// "/sandbar.agent.v1.AgentService/CreateSandbox"
std::string_view method_of(const http::RequestHead& head) {
  auto path = head.path();
  return path.substr(path.rfind('/') + 1);
}

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

v1::SandboxStatus status_of(std::string_view name) {
  std::string upper = "SANDBOX_STATUS_";
  for (char c : name) upper += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  v1::SandboxStatus status = v1::SANDBOX_STATUS_UNSPECIFIED;
  v1::SandboxStatus_Parse(upper, &status);
  return status;
}

v1::SandboxReport invented(SandboxId id) {
  v1::SandboxReport report;
  report.set_sandbox_id(id.str());
  report.set_template_id(TemplateId::random().str());
  report.set_status(v1::SANDBOX_STATUS_RUNNING);
  report.set_epoch(1);
  return report;
}

bool is_hidden(const Failpoint& point, const std::string& id) {
  return std::ranges::any_of(point.hide, [&](const auto& hidden) { return hidden.str() == id; });
}

v1::ListSandboxesResponse twisted(const v1::ListSandboxesResponse& truth, const Failpoint& point) {
  v1::ListSandboxesResponse lie;
  for (const auto& report : truth.sandboxes()) {
    if (is_hidden(point, report.sandbox_id())) continue;
    auto& listed = *lie.add_sandboxes();
    listed = report;
    auto claim = point.claim.find(report.sandbox_id());
    if (claim == point.claim.end()) claim = point.claim.find("*");
    if (claim != point.claim.end()) listed.set_status(status_of(claim->second));
  }
  for (auto id : point.invent) *lie.add_sandboxes() = invented(id);
  return lie;
}

v1::SandboxReport twisted(v1::SandboxReport report, const Failpoint& point) {
  if (point.about) report.set_sandbox_id(point.about->str());
  if (point.timeout_s) report.set_timeout_s(*point.timeout_s);
  return report;
}

template <class Message>
void twist(http::Response& answer, const Failpoint& point) {
  bool is_json = answer.headers.get("Content-Type").contains("json");
  auto codec = is_json ? rpc::Codec::json : rpc::Codec::proto;
  auto truth = rpc::decode<Message>(codec, answer.body);
  if (answer.status == 200 && truth) answer.body = rpc::encode(codec, twisted(*truth, point));
  answer.headers.remove("Content-Length");
}

void lie(std::string_view method, http::Response& answer, const Failpoint& point) {
  if (method == kListMethod) return twist<v1::ListSandboxesResponse>(answer, point);
  twist<v1::SandboxReport>(answer, point);
}

bool tells_of_a_sandbox(std::string_view method) {
  return method == "CreateSandbox" || method == "PauseSandbox" || method == "ResumeSandbox" ||
         method == "SetTimeout";
}

http::Response json_answer(std::string body) {
  return {200, {{"Content-Type", "application/json"}}, std::move(body)};
}

Task<void> hang(http::Exchange& exchange) {
  auto body = co_await exchange.read_all(kMaxOrder);
  if (body) co_await exchange.disconnected();
  exchange.abort();
}

Task<void> serve_kept(http::Exchange& exchange, rpc::ConnectServer& rpc, Failpoint point) {
  KeptExchange kept(exchange);
  co_await rpc.serve(kept);
  if (point.fault == Fault::die) die();
  if (point.fault == Fault::lose || !kept.answer) co_return exchange.abort();
  lie(method_of(exchange.request()), *kept.answer, point);
  co_await exchange.respond(*std::move(kept.answer));
}

}  // namespace

Result<void> Failpoints::listen(Executor executor, const std::string& socket) {
  ::unlink(socket.c_str());
  server_ = http::make_server(std::move(executor), [this](http::Exchange& e) { return obey(e); });
  return server_->listen("unix:" + socket, false);
}

Task<void> Failpoints::shut_down() {
  if (server_) co_await server_->shut_down(std::chrono::milliseconds(0));
}

std::optional<Failpoint> Failpoints::strike(std::string_view method) {
  for (auto& point : points_) {
    if (point.method != "*" && point.method != method) continue;
    if (point.fault == Fault::lie && method != kListMethod && !tells_of_a_sandbox(method)) continue;
    if (point.count && point.hits >= *point.count) continue;
    ++point.hits;
    log::info("failpoint strikes", {{"method", method}, {"fault", enum_name(point.fault)}});
    return point;
  }
  return std::nullopt;
}

Task<void> Failpoints::serve(http::Exchange& exchange, rpc::ConnectServer& rpc) {
  auto point = points_.empty() ? std::nullopt : strike(method_of(exchange.request()));
  if (!point) co_return co_await rpc.serve(exchange);
  switch (point->fault) {
    case Fault::refuse:
      co_await exchange.respond(rpc::error_response({errc_of_connect(point->code.value), "told to fail"}));
      co_return;
    case Fault::hang:
      co_return co_await hang(exchange);
    case Fault::late:
      co_await sleep_for(std::chrono::milliseconds(point->delay_ms));
      co_return co_await rpc.serve(exchange);
    case Fault::die:
      if (!point->after_work) die();
      [[fallthrough]];
    case Fault::lose:
    case Fault::lie:
      co_return co_await serve_kept(exchange, rpc, *std::move(point));
  }
}

Task<void> Failpoints::obey(http::Exchange& exchange) {
  auto answer = co_await order(exchange);
  if (answer) co_return void(co_await exchange.respond(*std::move(answer)));
  int status = info_of(answer.error().code).http_status;
  co_await exchange.respond({status, {{"Content-Type", "text/plain"}}, answer.error().message + "\n"});
}

Task<Result<http::Response>> Failpoints::order(http::Exchange& exchange) {
  auto path = std::string(exchange.request().path());
  auto method = exchange.request().method;
  CO_TRY(auto body, co_await exchange.read_all(kMaxOrder));
  if (path == "/failpoints") co_return change(method, body);
  if (path == "/sandboxes" && method == "GET") co_return json_answer(json::encode(host_.sandboxes()));
  constexpr std::string_view kVms = "/vms/";
  if (path.starts_with(kVms) && method == "DELETE") {
    CO_TRY(auto id, SandboxId::parse(path.substr(kVms.size())));
    auto machine = host_.machine(id);
    if (!machine) co_return fail(not_found("machine", id.str()));
    co_await machine->kill();
    co_return http::Response{204, {}, {}};
  }
  co_return fail(not_found("order", path));
}

Result<http::Response> Failpoints::change(const std::string& method, const std::string& body) {
  if (method == "PUT") {
    TRY(auto wanted, json::decode_text<std::vector<Failpoint>>(body));
    if (wanted.size() > kMaxPoints) return fail(invalid_request("too many failpoints"));
    points_ = std::move(wanted);
  } else if (method == "POST") {
    TRY(auto wanted, json::decode_text<Failpoint>(body));
    if (points_.size() >= kMaxPoints) return fail(invalid_request("too many failpoints"));
    points_.push_back(std::move(wanted));
  } else if (method == "DELETE") {
    points_.clear();
  } else if (method != "GET") {
    return fail(Error{Errc::method_not_allowed, "GET, PUT, POST or DELETE"});
  }
  return json_answer(json::encode(points_));
}

}  // namespace sandbar::agent
