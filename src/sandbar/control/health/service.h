// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sandbar/http/request_metrics.h"
#include "sandbar/http/router.h"
#include "sandbar/pg/database.h"

// What operators and tools ask of the program itself: is it alive, can it serve, its counters, its own
// description.

namespace sandbar::control::health {

class HealthService {
 public:
  // Further lines in the Prometheus text format.
  using Source = std::function<Task<Result<std::string>>()>;

  // `router` may still be empty; it is read when somebody asks.
  HealthService(pg::Database& database, const http::Router& router, const http::RequestMetrics& requests,
                std::vector<Source> sources)
      : database_(database), router_(router), requests_(requests), sources_(std::move(sources)) {}

  // unavailable unless the database answers soon.
  Task<Result<void>> check();
  Task<Result<std::string>> prometheus_text();
  const std::string& openapi_json();
  const std::string& openapi_yaml();

 private:
  pg::Database& database_;
  const http::Router& router_;
  const http::RequestMetrics& requests_;
  std::vector<Source> sources_;
  std::string json_, yaml_;  // printed at first use
};

// The OpenAPI document of those routes.
boost::json::object describe_api(const http::Router& router);

}  // namespace sandbar::control::health
