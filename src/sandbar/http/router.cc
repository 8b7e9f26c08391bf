// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/router.h"

#include "sandbar/base/check.h"

namespace sandbar::http {
namespace {

// Cuts the first segment off "/v1/teams": "v1", leaving "/teams". `rest` is empty at the path's end.
std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  auto end = std::min(rest.find('/'), rest.size());
  auto segment = rest.substr(0, end);
  rest.remove_prefix(end);
  return segment;
}

}  // namespace

void Router::bind(const Route& route, void* service) {
  auto* node = &root_;
  for (auto rest = route.path; !rest.empty();) {
    auto segment = take_segment(rest);
    if (segment.starts_with('{')) {
      if (!node->hole) node->hole = std::make_unique<Node>();
      node = node->hole.get();
      continue;
    }
    auto known = std::ranges::find(node->literals, segment, [](const auto& pair) { return pair.first; });
    if (known == node->literals.end())
      known = node->literals.insert(known, {segment, std::make_unique<Node>()});
    node = known->second.get();
  }
  for (const auto& other : node->methods) SANDBAR_CHECK(other.route->method != route.method);
  node->methods.push_back({&route, service, routes_.size()});
  routes_.push_back(&route);
}

const Router::Node* Router::walk(const Node& node, std::string_view rest, Walk& found) {
  if (rest.empty()) return node.methods.empty() ? nullptr : &node;
  if (rest.front() != '/') return nullptr;
  auto segment = take_segment(rest);
  for (const auto& [literal, child] : node.literals)
    if (literal == segment)
      if (const auto* end = walk(*child, rest, found)) return end;
  if (!node.hole || found.used == kMaxHoles) return nullptr;
  found.holes[found.used++] = segment;
  const auto* end = walk(*node.hole, rest, found);
  if (!end) --found.used;
  return end;
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Walk found;
  const auto* node = walk(root_, path, found);
  if (!node) return {};
  for (const auto& bound : node->methods)
    if (bound.route->method == method) return {&bound, found.holes, true};
  return {nullptr, {}, true};
}

std::string Router::allowed(std::string_view path) const {
  Walk found;
  std::string out;
  const auto* node = walk(root_, path, found);
  if (!node) return out;
  for (const auto& bound : node->methods) {
    if (!out.empty()) out += ", ";
    out += bound.route->method;
  }
  return out;
}

std::vector<const Route*> Router::routes() const { return routes_; }

}  // namespace sandbar::http
