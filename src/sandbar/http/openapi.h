// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The OpenAPI 3.1 document of a route table. Nothing in it is written by hand: paths, access, parameters,
// bodies and answers come from the rows and the handlers' types.

namespace sandbar::http {

struct Route;

// Collects what one handler's type says about its operation.
class Operation {
 public:
  Operation(const Route& route, boost::json::object& components) : route_(route), components_(components) {}

  boost::json::object& components() { return components_; }
  void path_parameter(boost::json::object schema);  // of the next hole
  void query_parameter(std::string_view name, boost::json::object schema, bool required);
  void json_body(boost::json::object schema);
  void raw_body();
  void json_answer(int status, boost::json::object schema);
  void error_answer(int status);  // with the usual body
  // A second content type of one status joins the first.
  void answer(int status, std::string_view description, std::string_view content_type = {});

  boost::json::object finish() &&;

 private:
  void implied_errors();

  const Route& route_;
  boost::json::object& components_;
  std::size_t hole_ = 0;
  boost::json::array parameters_;
  boost::json::object body_;
  boost::json::object answers_;
};

struct ApiInfo {
  std::string title, version;
};

boost::json::object openapi(const ApiInfo& info, std::span<const Route* const> routes);
// Any JSON value as YAML (block style; strings quoted as JSON does).
std::string to_yaml(const boost::json::value& value);
// "sandboxes", or "sandboxes|read" for a row that changes nothing; "-" where API keys are not let in.
std::string key_need_text(const Route& route);
// "POST  /v1/sandboxes  team_member  sandboxes  sandboxes::create  Create a sandbox", sorted by path and
// method.
std::string routes_text(std::span<const Route* const> routes);

}  // namespace sandbar::http
