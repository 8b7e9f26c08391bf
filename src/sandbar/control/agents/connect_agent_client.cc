// SPDX-License-Identifier: Apache-2.0
#include "sandbar/async/timer.h"
#include "sandbar/base/strings.h"
#include "sandbar/control/agents/convert.h"
#include "sandbar/control/agents/transport.h"
#include "sandbar/model/tunnel.h"
#include "sandbar/rpc/connect_client.h"

namespace sandbar::control::agents {
namespace {

namespace pb = agent::v1;
using std::chrono_literals::operator""s;

// Whoever sends a stream says something every few seconds.
constexpr std::chrono::milliseconds kSilence = 30s;
constexpr std::chrono::milliseconds kConnect = 5s;

Task<Result<http::ByteStreamPtr>> connect_to(std::string address) {
  auto colon = address.rfind(':');
  auto port = colon == address.npos ? std::nullopt : parse_int(address.substr(colon + 1));
  if (!port || !std::in_range<std::uint16_t>(*port))
    co_return fail(Error{Errc::unavailable, "the host's address is not host:port", address});
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  co_return co_await http::connect_tcp(std::move(host), static_cast<std::uint16_t>(*port));
}

// The agent is the server of the handshake, whoever made the connection.
Task<Result<http::ByteStreamPtr>> dial_agent(AgentAddress agent, Transport transport) {
  bool by_tunnel = agent.address == kTunnelAddress;
  auto connecting = by_tunnel ? transport.tunnels->take(agent.host_id) : connect_to(std::move(agent.address));
  CO_TRY(auto stream, co_await std::move(connecting));
  co_return co_await http::start_tls_client(std::move(stream), std::move(transport.tls), "",
                                            std::move(agent.cert_fingerprint));
}

// A connection that does not come about in time is given up here, so that the breaker learns of it.
Task<Result<http::ByteStreamPtr>> dial_guarded(AgentAddress agent, Transport transport,
                                               std::shared_ptr<Breaker> breaker) {
  if (!breaker->may_try(std::chrono::steady_clock::now()))
    co_return fail(Error{Errc::unavailable, "connection failed", "the host did not answer just now"});
  auto dialling = dial_agent(std::move(agent), std::move(transport));
  auto stream = co_await with_timeout(kConnect, "connecting to the host", std::move(dialling));
  if (stream)
    breaker->succeeded();
  else
    breaker->failed(std::chrono::steady_clock::now());
  if (!stream && stream.error().code == Errc::deadline_exceeded)
    co_return fail(Error{Errc::unavailable, "connection failed", "the host does not answer"});
  co_return stream;
}

http::Endpoint endpoint_of(const AgentAddress& agent, const Transport& transport) {
  auto breaker = transport.breakers->of(agent.host_id);
  return {[agent, transport, breaker] { return dial_guarded(agent, transport, breaker); },
          agent.host_id.str()};
}

http::ClientLimits rpc_limits(const AgentLimits& limits) {
  return {.connect = kConnect + 1s, .head = limits.snapshot + 10s, .idle = 60s};
}
// A guest may take its time to begin an answer, and a stream may be silent between two keep-alives.
http::ClientLimits data_limits() {
  return {.connect = kConnect + 1s, .head = 120s, .idle = 300s, .max_idle_connections = 64};
}

class ConnectAgentClient final : public AgentClient {
 public:
  ConnectAgentClient(Executor executor, const AgentAddress& agent, const Transport& transport)
      : limits_(transport.limits),
        endpoint_(endpoint_of(agent, transport)),
        rpc_http_(http::make_client(executor, endpoint_, rpc_limits(limits_))),
        data_http_(http::make_client(executor, endpoint_, data_limits())),
        rpc_(*rpc_http_) {}

  Task<Result<SandboxReport>> create_sandbox(AgentSandboxSpec spec) override {
    return report(spec.id, "CreateSandbox", to_message(spec), limits_.moving);
  }

  Task<Result<void>> destroy_sandbox(SandboxId id) override {
    pb::DestroySandboxRequest request;
    request.set_sandbox_id(id.str());
    return gone<pb::DestroySandboxResponse>("DestroySandbox", std::move(request), limits_.moving);
  }

  Task<Result<SandboxReport>> pause_sandbox(SandboxId id) override {
    pb::PauseSandboxRequest request;
    request.set_sandbox_id(id.str());
    return report(id, "PauseSandbox", std::move(request), limits_.moving);
  }

  Task<Result<SandboxReport>> resume_sandbox(SandboxId id, std::optional<std::int64_t> timeout_sec,
                                             Secret access_token) override {
    pb::ResumeSandboxRequest request;
    request.set_sandbox_id(id.str());
    if (timeout_sec) request.set_timeout_s(*timeout_sec);
    request.set_access_token(access_token.reveal());
    return report(id, "ResumeSandbox", std::move(request), limits_.moving);
  }

  Task<Result<SandboxReport>> set_timeout(SandboxId id, std::optional<std::int64_t> timeout_sec) override {
    pb::SetTimeoutRequest request;
    request.set_sandbox_id(id.str());
    if (timeout_sec) request.set_timeout_s(*timeout_sec);
    return report(id, "SetTimeout", std::move(request), limits_.quick);
  }

  Task<Result<std::vector<SandboxReport>>> list_sandboxes() override {
    CO_TRY(auto answer, co_await call<pb::ListSandboxesResponse>("ListSandboxes", pb::ListSandboxesRequest(),
                                                                 limits_.quick));
    std::vector<SandboxReport> out;
    for (const auto& message : answer.sandboxes()) {
      CO_TRY(auto sandbox, from_message(message));
      out.push_back(std::move(sandbox));
    }
    co_return out;
  }

  Task<Result<std::vector<MetricSample>>> get_metrics(SandboxId id, Time since) override {
    pb::GetMetricsRequest request;
    request.set_sandbox_id(id.str());
    request.set_since_ms(
        std::chrono::duration_cast<std::chrono::milliseconds>(since.time_since_epoch()).count());
    CO_TRY(auto answer,
           co_await call<pb::GetMetricsResponse>("GetMetrics", std::move(request), limits_.quick));
    std::vector<MetricSample> out;
    for (const auto& point : answer.points())
      if (auto sample = from_message(point)) out.push_back(*sample);
    co_return out;
  }

  Task<Result<TemplateReport>> create_snapshot(SandboxId id, TemplateId template_id) override {
    pb::CreateSnapshotRequest request;
    request.set_sandbox_id(id.str());
    request.set_template_id(template_id.str());
    CO_TRY(auto answer,
           co_await call<pb::TemplateReport>("CreateSnapshot", std::move(request), limits_.snapshot));
    co_return answer_about(template_id, from_message(answer));
  }

  Task<Result<std::vector<TemplateReport>>> list_templates() override {
    CO_TRY(auto answer, co_await call<pb::ListTemplatesResponse>("ListTemplates", pb::ListTemplatesRequest(),
                                                                 limits_.quick));
    std::vector<TemplateReport> out;
    for (const auto& message : answer.templates()) {
      CO_TRY(auto report, from_message(message));
      out.push_back(report);
    }
    co_return out;
  }

  Task<Result<void>> delete_template(TemplateId id) override {
    pb::DeleteTemplateRequest request;
    request.set_template_id(id.str());
    return gone<pb::DeleteTemplateResponse>("DeleteTemplate", std::move(request), limits_.quick);
  }

  Task<Result<TemplateDescription>> describe_template(TemplateId id) override {
    pb::DescribeTemplateRequest request;
    request.set_template_id(id.str());
    CO_TRY(auto answer,
           co_await call<pb::TemplateDescription>("DescribeTemplate", std::move(request), limits_.moving));
    co_return TemplateDescription{answer.digest(), answer.bytes()};
  }

  Task<Result<TemplateReport>> fetch_template(FetchOrder order, TellFetch tell) override {
    CO_TRY(auto events, co_await stream<pb::FetchTemplateEvent>("FetchTemplate", to_message(order)));
    for (;;) {
      CO_TRY(auto event, co_await next_of(events, "FetchTemplate"));
      if (event.has_done()) co_return answer_about(order.template_id, from_message(event.done()));
      CO_TRY_VOID(co_await tell(from_message(event.progress())));
    }
  }

  Task<Result<BuildOutcome>> build_template(BuildOrder order, TellBuild tell) override {
    auto id = order.template_id;
    CO_TRY(auto events,
           co_await stream<pb::BuildTemplateEvent>("BuildTemplate", to_message(std::move(order))));
    for (;;) {
      CO_TRY(auto event, co_await next_of(events, "BuildTemplate"));
      if (event.has_failed())
        co_return BuildOutcome{
            {}, event.failed().message(), errc_of_name(event.failed().code()) == Errc::canceled};
      if (event.has_done()) {
        CO_TRY(auto made, answer_about(id, from_message(event.done())));
        co_return BuildOutcome{std::move(made), {}, false};
      }
      BuildEvent told{{}, event.progress().step(), event.progress().total_steps()};
      if (event.has_log()) told.line = std::move(*event.mutable_log());
      CO_TRY_VOID(co_await tell(std::move(told)));
    }
  }

  Task<Result<void>> terminate() override {
    return gone<pb::TerminateResponse>("Terminate", pb::TerminateRequest(), limits_.quick);
  }

  http::Client& data_plane() override { return *data_http_; }
  http::Endpoint data_plane_endpoint() override { return endpoint_; }

 private:
  template <class Response, class Request>
  Task<Result<Response>> call(std::string method, Request request, std::chrono::milliseconds timeout) {
    rpc::CallOptions options{.timeout = timeout};
    auto path = "/sandbar.agent.v1.AgentService/" + method;
    auto answer = co_await rpc_.unary<Response>(std::move(path), std::move(request), std::move(options));
    if (!answer) co_return fail(translate_agent_error(std::move(answer).error()).with_context(method));
    co_return answer;
  }

  // Streams have no end in time: whoever sends one says something every few seconds.
  template <class Event, class Request>
  Task<Result<rpc::ClientStream<Event>>> stream(std::string method, Request request) {
    rpc::CallOptions options{.timeout = std::nullopt};
    auto path = "/sandbar.agent.v1.AgentService/" + method;
    auto opened = co_await rpc_.server_stream<Event>(std::move(path), std::move(request), std::move(options));
    if (!opened) co_return fail(translate_agent_error(std::move(opened).error()).with_context(method));
    co_return opened;
  }

  template <class Event>
  Task<Result<Event>> next_of(rpc::ClientStream<Event>& events, std::string method) {
    auto next = co_await with_timeout(kSilence, "an event of " + method, events.next());
    if (!next) co_return fail(translate_agent_error(std::move(next).error()).with_context(method));
    if (!*next) co_return fail(Error{Errc::agent_error, "the host did not say how it ended", method});
    co_return **std::move(next);
  }

  template <class Request>
  Task<Result<SandboxReport>> report(SandboxId about, std::string method, Request request,
                                     std::chrono::milliseconds timeout) {
    CO_TRY(auto answer, co_await call<pb::SandboxReport>(std::move(method), std::move(request), timeout));
    co_return answer_about(about, from_message(answer));
  }

  // For calls whose purpose is reached when there is nothing to do it to.
  template <class Response, class Request>
  Task<Result<void>> gone(std::string method, Request request, std::chrono::milliseconds timeout) {
    auto answer = co_await call<Response>(std::move(method), std::move(request), timeout);
    if (!answer && answer.error().code != Errc::not_found) co_return fail(std::move(answer).error());
    co_return Result<void>{};
  }

  AgentLimits limits_;
  http::Endpoint endpoint_;
  http::ClientPtr rpc_http_, data_http_;
  rpc::ConnectClient rpc_;
};

}  // namespace

std::string data_plane_path(SandboxId id, std::uint16_t port) {
  return fmt::format("/sandboxes/{}/{}", id, port);
}

AgentClientPtr make_agent_client(Executor executor, AgentAddress agent, http::TlsContextPtr tls) {
  return make_agent_client(
      std::move(executor), std::move(agent),
      Transport{std::move(tls), std::make_shared<Tunnels>(), std::make_shared<Breakers>(), {}});
}

AgentClientPtr make_agent_client(Executor executor, AgentAddress agent, Transport transport) {
  return std::make_shared<ConnectAgentClient>(std::move(executor), agent, transport);
}

}  // namespace sandbar::control::agents
