// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sandbar/http/router.h"
#include "sandbar/http/static_files.h"

// The dashboard: what its build made, on the listener of the API. A navigation to a page gets index.html,
// which finds the page by itself; what is missing below /_app/ is missing, so that a tab of an older build
// does not take a page for a script. Whatever the API knows goes to the API.

namespace sandbar::control::web {

// A built dashboard, and what browsers are told about it.
class Pages {
 public:
  // invalid_request if the folder is no built dashboard.
  static Result<std::shared_ptr<const Pages>> read(const std::string& folder);
  explicit Pages(http::StaticFiles files);

  // Nothing if the request is not for a page.
  std::optional<http::Response> answer(const http::RequestHead& request) const;

 private:
  std::optional<http::Response> find(const http::RequestHead& request) const;

  http::StaticFiles files_;
  std::string policy_;
};
using PagesPtr = std::shared_ptr<const Pages>;

class WebService {
 public:
  // No pages: nothing is served.
  WebService(const http::Router& router, PagesPtr pages) : router_(router), pages_(std::move(pages)) {}

  // Nothing if it is not ours to answer.
  std::optional<http::Response> answer(const http::RequestHead& request) const;

 private:
  const http::Router& router_;
  PagesPtr pages_;
};

}  // namespace sandbar::control::web
