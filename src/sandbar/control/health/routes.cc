// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/health/routes.h"

#include "sandbar/control/version.h"

namespace sandbar::control::health {
namespace {

using http::Call;
using http::Document;
using enum http::Access;

struct HealthView {
  std::string status = "ok";
  std::string version{kVersion};
};
BOOST_DESCRIBE_STRUCT(HealthView, (), (status, version))

Task<Result<HealthView>> live(HealthService&, Call&) { co_return HealthView{}; }

Task<Result<HealthView>> ready(HealthService& service, Call&) {
  CO_TRY_VOID(co_await service.check());
  co_return HealthView{};
}

Task<Result<Document>> metrics(HealthService& service, Call&) {
  CO_TRY(auto text, co_await service.prometheus_text());
  co_return Document{"text/plain; version=0.0.4", std::move(text)};
}

Task<Result<Document>> openapi_json(HealthService& service, Call&) {
  co_return Document{"application/json", service.openapi_json()};
}

Task<Result<Document>> openapi_yaml(HealthService& service, Call&) {
  co_return Document{"application/yaml", service.openapi_yaml()};
}

constexpr http::ServiceRoute<HealthService> kRoutes[] = {
    http::route<&live>("GET", "/healthz", open, "Whether the program is alive"),
    http::route<&ready>("GET", "/readyz", open, "Whether it can serve: the database answers"),
    http::route<&metrics>("GET", "/metrics", open, "Counters in the Prometheus text format"),
    http::route<&openapi_json>("GET", "/openapi.json", open, "This API's OpenAPI document"),
    http::route<&openapi_yaml>("GET", "/openapi.yaml", open, "This API's OpenAPI document, as YAML"),
};

}  // namespace

http::Routes<HealthService> routes() { return kRoutes; }

}  // namespace sandbar::control::health
