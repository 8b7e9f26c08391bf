// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/rpc_service.h"

#include "sandbar/agent/build_log.h"
#include "sandbar/agent/messages.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {

using rpc::CallContext;

struct RpcService::Methods {
  World& world;
  Manager& manager;
  const TemplateCatalogue& templates;
  TemplateBuilder& builder;
  std::function<void()> on_terminate;
  std::map<TemplateId, std::shared_ptr<BuildLog>> builds = {};

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
    CO_TRY_VOID(co_await manager.remove_template(id));
    co_return v1::DeleteTemplateResponse();
  }

  Task<Result<v1::TerminateResponse>> terminate(CallContext&, v1::TerminateRequest) {
    log::warn("host deleted by control, everything is destroyed");
    on_terminate();
    co_return v1::TerminateResponse();
  }

  Task<void> run_build(TemplateId id, std::string definition, std::shared_ptr<BuildLog> log) {
    auto built = co_await builder.build(id, std::move(definition),
                                        [log](std::string line) { log->add(std::move(line)); });
    builds.erase(id);
    log->end(std::move(built));
  }

  // A build replaces the template's files, which sandboxes may still be based on.
  Result<void> check_replaceable(TemplateId id) {
    if (builds.contains(id) || !manager.uses(id)) return {};
    return fail(Error{Errc::template_in_use, "a sandbox of this host still needs the template"});
  }

  std::shared_ptr<BuildLog> begin_build(TemplateId id, std::string definition) {
    auto& log = builds[id];
    if (log) return log;
    log = std::make_shared<BuildLog>(world.executor);
    auto begun = log;
    world.tasks.spawn("build template", run_build(id, std::move(definition), begun));
    return begun;
  }

  Task<Result<void>> build(CallContext&, v1::BuildTemplateRequest request,
                           rpc::StreamWriter<v1::BuildTemplateEvent>& out) {
    CO_TRY(auto id, TemplateId::parse(request.template_id()));
    CO_TRY_VOID(check_replaceable(id));
    auto log = begin_build(id, std::move(*request.mutable_definition()));
    v1::BuildTemplateEvent event;
    for (std::size_t next = 0; next < log->lines.size() || !log->outcome;) {
      if (next == log->lines.size()) {
        co_await log->changed.wait();
        continue;
      }
      event.set_log(log->lines[next++]);
      CO_TRY_VOID(co_await out.write(event));
    }
    CO_TRY_VOID(*log->outcome);
    CO_TRY(auto info, templates.get(id));
    *event.mutable_done() = message_of(info);
    co_return co_await out.write(event);
  }
};

RpcService::RpcService(World& world, Manager& manager, const TemplateCatalogue& templates,
                       TemplateBuilder& builder, std::function<void()> terminate)
    : methods_(new Methods{world, manager, templates, builder, std::move(terminate)}) {}

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
  add(server, "Terminate", methods, &Methods::terminate);
  server.server_stream<v1::BuildTemplateRequest, v1::BuildTemplateEvent>(
      "/sandbar.agent.v1.AgentService/BuildTemplate", std::bind_front(&Methods::build, methods));
}

}  // namespace sandbar::agent
