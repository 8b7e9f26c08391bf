// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/http/route.h"

// Finds the row for a request by walking its path's segments; a literal segment wins over a hole. Filled
// once, then only read. Matching allocates nothing.

namespace sandbar::http {

class Router {
 public:
  struct Bound {
    const Route* route = nullptr;
    void* service = nullptr;
    std::size_t index = 0;  // in routes()
  };
  struct Match {
    const Bound* bound = nullptr;  // none: the path or the method is unknown
    std::array<std::string_view, kMaxHoles> holes{};
    bool path_known = false;
  };

  // `service` is what the rows' handlers get; it may be missing where the table is only printed.
  template <class Service>
  void add(Routes<Service> rows, Service* service) {
    for (const auto& row : rows) bind(row, service);
  }

  Match find(std::string_view method, std::string_view path) const;
  // "GET, POST" for the Allow header.
  std::string allowed(std::string_view path) const;
  std::vector<const Route*> routes() const;

 private:
  struct Node {
    std::vector<std::pair<std::string_view, std::unique_ptr<Node>>> literals;
    std::unique_ptr<Node> hole;
    std::vector<Bound> methods;
  };
  struct Walk {
    std::array<std::string_view, kMaxHoles> holes{};
    std::size_t used = 0;
  };

  void bind(const Route& route, void* service);
  static const Node* walk(const Node& node, std::string_view rest, Walk& found);

  Node root_;
  std::vector<const Route*> routes_;
};

}  // namespace sandbar::http
