// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

// A forward-only JSON reader for the few messages on the hot path: no tree, no allocation but for the strings
// kept. Every function returns false once something was wrong, and all later calls do nothing then. `null`
// stands for an absent value everywhere, as in proto3 JSON.

namespace sandbar::guest {

class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) : rest_(text) {}

  // Calls on_field(name) for each field; it must read or skip() the value.
  template <std::invocable<std::string_view> F>
  bool object(F on_field) {
    if (null()) return ok_;
    if (!open('{')) return false;
    for (bool first = true; ok_ && !close('}', first); first = false) {
      std::string name;
      if (!text(name) || !expect(':')) return false;
      on_field(name);
    }
    return ok_;
  }
  // Calls on_item() for each item; it must read or skip() it.
  template <std::invocable F>
  bool array(F on_item) {
    if (null()) return ok_;
    if (!open('[')) return false;
    for (bool first = true; ok_ && !close(']', first); first = false) on_item();
    return ok_;
  }
  bool text(std::string& out);      // null leaves it as it is
  bool number(std::uint32_t& out);  // "7" and 7
  bool boolean(bool& out);
  bool null();  // true (and consumed) if a null is next
  bool next_is_text() { return peek() == '"'; }
  bool skip();                           // any value
  bool refuse() { return ok_ = false; }  // the caller does not like a value
  // Nothing went wrong and nothing but blanks is left.
  bool finished();

 private:
  static constexpr int kMaxDepth = 32;
  bool open(char bracket);
  bool close(char bracket, bool first);
  bool expect(char c);
  bool literal(std::string_view word);
  bool escape(std::string& out);
  bool code_unit(std::uint32_t& out);
  char peek();

  std::string_view rest_;
  bool ok_ = true;
  int depth_ = 0;
};

}  // namespace sandbar::guest
