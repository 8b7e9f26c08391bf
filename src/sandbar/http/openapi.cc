// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/openapi.h"

#include <fmt/format.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/http/error_body.h"
#include "sandbar/http/route.h"

namespace sandbar::http {
namespace {

namespace bj = boost::json;

std::string_view hole_name(std::string_view path, std::size_t index) {
  std::size_t open = path.find('{');
  for (; index > 0; --index) open = path.find('{', open + 1);
  return path.substr(open + 1, path.find('}', open) - open - 1);
}

bj::array security_of(const Route& route) {
  bj::object session{{"session", bj::array{}}}, key{{"api_key", bj::array{}}},
      host{{"host_token", bj::array{}}};
  if (route.access == Access::open) return {};
  if (route.access == Access::host_token) return {host};
  return route.key ? bj::array{key, session} : bj::array{session};
}

bj::array scopes_of(const KeyNeed& need) {
  bj::array scopes{enum_name(need.area)};
  if (need.is_read) scopes.push_back(bj::value(enum_name(KeyScope::read)));
  return scopes;
}

bj::object security_schemes() {
  auto header = [](std::string_view name) {
    return bj::object{{"type", "apiKey"}, {"in", "header"}, {"name", name}};
  };
  return {{"session", {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}}},
          {"api_key", header("X-API-Key")},
          {"host_token", header("X-Host-Token")}};
}

// "sandboxes::create" to "sandboxes_create".
std::string operation_id(const Route& route) {
  std::string id;
  for (auto part : split(detail::handler_name(route.handler), ':')) {
    if (part.empty()) continue;
    if (!id.empty()) id += '_';
    id += part;
  }
  return id;
}

// The feature: first segment after the version.
std::string tag_of(const Route& route) {
  auto segments = split(route.path, '/');
  return std::string(segments.size() > 2 ? segments[2] : "system");
}

// One handler may serve several paths; then those outside of its own feature say where they are.
std::string unique_id(const Route& route, std::span<const Route* const> routes) {
  auto id = operation_id(route);
  auto same = [&](const Route* other) { return operation_id(*other) == id; };
  auto tag = tag_of(route);
  return std::ranges::count_if(routes, same) > 1 && !id.starts_with(tag + "_") ? id + "_" + tag : id;
}

bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

void write_yaml(std::string& out, const bj::value& value, std::size_t indent);

void write_member(std::string& out, const bj::value& value, std::size_t indent) {
  bool nested =
      (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
  out += nested ? "\n" : " ";
  write_yaml(out, value, indent);
}

void write_yaml(std::string& out, const bj::value& value, std::size_t indent) {
  if (const auto* object = value.if_object(); object && !object->empty()) {
    for (const auto& [key, member] : *object) {
      out.append(indent, ' ');
      out += is_plain(key) && !std::isdigit(static_cast<unsigned char>(key[0]))
                 ? std::string(key)
                 : bj::serialize(bj::value(key));
      out += ':';
      write_member(out, member, indent + 2);
    }
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    for (const auto& item : *array) {
      out.append(indent, ' ');
      out += '-';
      write_member(out, item, indent + 2);
    }
  } else {
    out += bj::serialize(value) + "\n";
  }
}

}  // namespace

void Operation::path_parameter(bj::object schema) {
  parameters_.push_back({{"name", hole_name(route_.path, hole_++)},
                         {"in", "path"},
                         {"required", true},
                         {"schema", std::move(schema)}});
}

void Operation::query_parameter(std::string_view name, bj::object schema, bool required) {
  parameters_.push_back(
      {{"name", name}, {"in", "query"}, {"required", required}, {"schema", std::move(schema)}});
}

void Operation::json_body(bj::object schema) {
  body_ = {{"required", true}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

void Operation::raw_body() {
  body_ = {{"required", true}, {"content", {{"application/octet-stream", bj::object{}}}}};
}

void Operation::json_answer(int status, bj::object schema) {
  answers_[std::to_string(status)] = {{"description", reason_phrase(status)},
                                      {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

void Operation::answer(int status, std::string_view description, std::string_view content_type) {
  auto& answer = answers_[std::to_string(status)];
  if (!answer.is_object()) answer = bj::object{};
  answer.get_object()["description"] = description;
  if (content_type.empty()) return;
  auto& content = answer.get_object()["content"];
  if (!content.is_object()) content = bj::object{};
  content.get_object()[content_type] = bj::object{};
}

void Operation::error_answer(int status) {
  json_answer(status, json::schema<ErrorBody, json::Direction::answer>(components_));
}

// What follows from who may call, and from what is read of the call.
void Operation::implied_errors() {
  auto add = [&](int status, bool applies) {
    if (applies && !answers_.contains(std::to_string(status))) error_answer(status);
  };
  add(400, !parameters_.empty() || !body_.empty());
  add(401, route_.access != Access::open);
  add(403, route_.access != Access::open && route_.access != Access::host_token);
  add(404, hole_ > 0);
}

bj::object Operation::finish() && {
  implied_errors();
  answers_["default"] = {
      {"description", "An error"},
      {"content",
       {{"application/json", {{"schema", json::schema<ErrorBody, json::Direction::answer>(components_)}}}}}};
  bj::object out{{"operationId", operation_id(route_)},
                 {"tags", bj::array{tag_of(route_)}},
                 {"summary", route_.summary},
                 {"x-access", enum_name(route_.access)},
                 {"security", security_of(route_)}};
  if (route_.key) out["x-key-scopes"] = scopes_of(*route_.key);
  if (!parameters_.empty()) out["parameters"] = std::move(parameters_);
  if (!body_.empty()) out["requestBody"] = std::move(body_);
  out["responses"] = std::move(answers_);
  return out;
}

bj::object openapi(const ApiInfo& info, std::span<const Route* const> routes) {
  bj::object components, paths;
  for (const auto* route : routes) {
    Operation operation(*route, components);
    route->describe(operation);
    auto& path = paths[route->path];
    if (!path.is_object()) path = bj::object{};
    auto described = std::move(operation).finish();
    described["operationId"] = unique_id(*route, routes);
    path.get_object()[to_lower(route->method)] = std::move(described);
  }
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", info.title},
            {"version", info.version},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"paths", std::move(paths)},
          {"components", {{"schemas", std::move(components)}, {"securitySchemes", security_schemes()}}}};
}

std::string to_yaml(const bj::value& value) {
  std::string out;
  write_yaml(out, value, 0);
  return out;
}

std::string key_need_text(const Route& route) {
  if (!route.key) return "-";
  return fmt::format("{}{}", enum_name(route.key->area), route.key->is_read ? "|read" : "");
}

std::string routes_text(std::span<const Route* const> routes) {
  std::vector<const Route*> sorted(routes.begin(), routes.end());
  std::ranges::sort(sorted, {}, [](const Route* r) { return std::pair(r->path, r->method); });
  std::string out;
  for (const auto* route : sorted)
    out += fmt::format("{:<6} {:<48} {:<14} {:<14} {:<24} {}\n", route->method, route->path,
                       enum_name(route->access), key_need_text(*route), detail::handler_name(route->handler),
                       route->summary);
  return out;
}

}  // namespace sandbar::http
