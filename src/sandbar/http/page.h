// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sandbar::http {

// A list that is read page by page: {"items":[…],"next_cursor":"…"}.
template <class T>
struct Page {
  std::vector<T> items;
  std::optional<std::string> next_cursor;
  BOOST_DESCRIBE_CLASS(Page, (), (items, next_cursor), (), ())
};

}  // namespace sandbar::http
