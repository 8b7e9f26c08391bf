// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/rpc_service.h"

#include "sandbar/agent/messages.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {

using rpc::CallContext;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds kBetweenProgress = 250ms, kKeepAlive = 2s;

}  // namespace

struct RpcService::Methods {
  World& world;
  Manager& manager;
  const TemplateCatalogue& templates;
  Builds& builds;
  TransferSource& source;
  TemplateFetcher& fetcher;
  std::function<void()> on_terminate;

  Task<Result<v1::SandboxReport>> create(CallContext&, v1::CreateSandboxRequest request) {
    CO_TRY(auto wanted, parse_create(request));
    CO_TRY(auto report, co_await manager.create(std::move(wanted)));
    co_return message_of(report);
  }

  Task<Result<v1::DestroySandboxResponse>> destroy(CallContext&, v1::DestroySandboxRequest request) {
    CO_TRY(auto id, SandboxId::parse(request.sandbox_id()));
    CO_TRY_VOID(co_await manager.destroy(id));
    co_return v1::DestroySandboxResponse();
  }

  Task<Result<v1::SandboxReport>> pause(CallContext&, v1::PauseSandboxRequest request) {
    CO_TRY(auto id, SandboxId::parse(request.sandbox_id()));
    CO_TRY(auto report, co_await manager.pause(id, PauseCause::requested));
    co_return message_of(report);
  }

  Task<Result<v1::SandboxReport>> resume(CallContext&, v1::ResumeSandboxRequest request) {
    CO_TRY(auto id, SandboxId::parse(request.sandbox_id()));
    CO_TRY(auto timeout, parse_timeout(request.has_timeout_s(), request.timeout_s()));
    CO_TRY(auto report, co_await manager.resume(id, timeout, Secret(request.access_token())));
    co_return message_of(report);
  }

  Task<Result<v1::SandboxReport>> set_timeout(CallContext&, v1::SetTimeoutRequest request) {
    CO_TRY(auto id, SandboxId::parse(request.sandbox_id()));
    CO_TRY(auto timeout, parse_timeout(request.has_timeout_s(), request.timeout_s()));
    CO_TRY(auto report, manager.set_timeout(id, timeout));
    co_return message_of(report);
  }

  Task<Result<v1::ListSandboxesResponse>> list(CallContext&, v1::ListSandboxesRequest) {
    v1::ListSandboxesResponse response;
    for (const auto& report : manager.list()) *response.add_sandboxes() = message_of(report);
    co_return response;
  }

  Task<Result<v1::GetMetricsResponse>> metrics(CallContext&, v1::GetMetricsRequest request) {
    CO_TRY(auto id, SandboxId::parse(request.sandbox_id()));
    CO_TRY(auto shape, manager.shape(id));
    CO_TRY(auto points, manager.metrics(id, Time(std::chrono::milliseconds(request.since_ms()))));
    v1::GetMetricsResponse response;
    for (const auto& point : points) *response.add_points() = message_of(point, shape);
    co_return response;
  }

  Task<Result<v1::TemplateReport>> snapshot(CallContext&, v1::CreateSnapshotRequest request) {
    CO_TRY(auto id, SandboxId::parse(request.sandbox_id()));
    CO_TRY(auto into, TemplateId::parse(request.template_id()));
    CO_TRY(auto info, co_await manager.snapshot(id, into));
    co_return message_of(info);
  }

  Task<Result<v1::ListTemplatesResponse>> list_templates(CallContext&, v1::ListTemplatesRequest) {
    CO_TRY(auto infos, templates.list());
    v1::ListTemplatesResponse response;
    for (const auto& info : infos) *response.add_templates() = message_of(info);
    co_return response;
  }

  Task<Result<v1::DeleteTemplateResponse>> delete_template(CallContext&, v1::DeleteTemplateRequest request) {
    CO_TRY(auto id, TemplateId::parse(request.template_id()));
    co_await builds.cancel(id);
    co_await fetcher.cancel(id);
    CO_TRY_VOID(co_await manager.remove_template(id));
    co_return v1::DeleteTemplateResponse();
  }

  Task<Result<v1::TerminateResponse>> terminate(CallContext&, v1::TerminateRequest) {
    log::warn("host deleted by control, everything is destroyed");
    on_terminate();
    co_return v1::TerminateResponse();
  }

  Task<Result<v1::TemplateDescription>> describe(CallContext&, v1::DescribeTemplateRequest request) {
    CO_TRY(auto id, TemplateId::parse(request.template_id()));
    CO_TRY(auto described, co_await source.describe(id));
    v1::TemplateDescription response;
    response.set_digest(described.digest);
    response.set_bytes(described.bytes);
    co_return response;
  }

  Task<Result<void>> fetch(CallContext&, v1::FetchTemplateRequest request,
                           rpc::StreamWriter<v1::FetchTemplateEvent>& out) {
    CO_TRY(auto order, parse_fetch(request));
    auto fetch = fetcher.begin(std::move(order));
    v1::FetchTemplateEvent event;
    for (auto told = std::chrono::steady_clock::time_point(); !fetch->outcome;) {
      if (std::chrono::steady_clock::now() - told >= kBetweenProgress) {
        *event.mutable_progress() = message_of(*fetch);
        CO_TRY_VOID(co_await out.write(event));
        told = std::chrono::steady_clock::now();
      }
      if (!fetch->outcome) co_await fetch->changed.wait_for(kKeepAlive);
    }
    CO_TRY(auto info, *fetch->outcome);
    *event.mutable_done() = message_of(info);
    co_return co_await out.write(event);
  }

  Task<Result<void>> build(CallContext&, v1::BuildTemplateRequest request,
                           rpc::StreamWriter<v1::BuildTemplateEvent>& out) {
    CO_TRY(auto order, parse_build(request));
    auto id = order.id;
    CO_TRY(auto log, request.follow_only() ? builds.find(id) : builds.begin(std::move(order)));
    auto next = static_cast<std::size_t>(std::max<std::int64_t>(0, request.from_line()));
    CO_TRY_VOID(co_await send_log(*log, next, out));
    v1::BuildTemplateEvent event;
    if (!*log->outcome) {
      const auto& error = log->outcome->error();
      event.mutable_failed()->set_code(std::string(info_of(error.code).name));
      event.mutable_failed()->set_message(error.message);
      co_return co_await out.write(event);
    }
    CO_TRY(auto info, templates.get(id));
    *event.mutable_done() = message_of(info);
    co_return co_await out.write(event);
  }

  // A progress event now and then also says that the build is alive.
  static Task<Result<void>> send_log(BuildLog& log, std::size_t next,
                                     rpc::StreamWriter<v1::BuildTemplateEvent>& out) {
    v1::BuildTemplateEvent event;
    int told = -1;
    while (next < log.lines.size() || !log.outcome || told != log.step) {
      if (next < log.lines.size()) {
        event.set_log(log.lines[next++]);
        CO_TRY_VOID(co_await out.write(event));
      } else if (told != log.step) {
        told = log.step;
        event.mutable_progress()->set_step(log.step);
        event.mutable_progress()->set_total_steps(log.total_steps);
        CO_TRY_VOID(co_await out.write(event));
      } else if (!co_await log.changed.wait_for(kKeepAlive)) {
        told = -1;
      }
    }
    co_return Result<void>{};
  }
};

RpcService::RpcService(Parts parts)
    : methods_(new Methods{parts.world, parts.manager, parts.templates, parts.builds, parts.source,
                           parts.fetcher, std::move(parts.terminate)}) {}

RpcService::~RpcService() = default;

namespace {

template <class Request, class Response, class Owner>
void add(rpc::ConnectServer& server, std::string name, Owner* owner,
         Task<Result<Response>> (Owner::*method)(CallContext&, Request)) {
  server.unary<Request, Response>("/sandbar.agent.v1.AgentService/" + name, std::bind_front(method, owner));
}

}  // namespace

void RpcService::register_on(rpc::ConnectServer& server) {
  auto* methods = methods_.get();
  add(server, "CreateSandbox", methods, &Methods::create);
  add(server, "DestroySandbox", methods, &Methods::destroy);
  add(server, "PauseSandbox", methods, &Methods::pause);
  add(server, "ResumeSandbox", methods, &Methods::resume);
  add(server, "SetTimeout", methods, &Methods::set_timeout);
  add(server, "ListSandboxes", methods, &Methods::list);
  add(server, "GetMetrics", methods, &Methods::metrics);
  add(server, "CreateSnapshot", methods, &Methods::snapshot);
  add(server, "ListTemplates", methods, &Methods::list_templates);
  add(server, "DeleteTemplate", methods, &Methods::delete_template);
  add(server, "DescribeTemplate", methods, &Methods::describe);
  add(server, "Terminate", methods, &Methods::terminate);
  server.server_stream<v1::FetchTemplateRequest, v1::FetchTemplateEvent>(
      "/sandbar.agent.v1.AgentService/FetchTemplate", std::bind_front(&Methods::fetch, methods));
  server.server_stream<v1::BuildTemplateRequest, v1::BuildTemplateEvent>(
      "/sandbar.agent.v1.AgentService/BuildTemplate", std::bind_front(&Methods::build, methods));
}

}  // namespace sandbar::agent
