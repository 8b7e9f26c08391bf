// SPDX-License-Identifier: Apache-2.0
#include "sandbar/json/encode.h"
#include "sandbar/json/schema.h"

namespace sandbar::json {
namespace {

bool is_word(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_'; }

}  // namespace

Result<bj::value> parse(std::string_view text) {
  boost::system::error_code error;
  auto value = bj::parse(text, error);
  if (error) return fail(invalid_request("the body is not valid JSON"));
  return value;
}

void append_string(std::string& out, std::string_view text) {
  if (!is_utf8(text)) return append_string(out, to_valid_utf8(text));
  out += '"';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string short_type_name(std::string_view pretty_function) {
  // clang writes "… [T = sandbar::control::TeamView]".
  auto start = pretty_function.rfind("[T = ");
  auto name = pretty_function.substr(start + 5, pretty_function.size() - start - 6);
  auto less = name.find('<');
  auto last = [](std::string_view qualified) {
    return qualified.substr(qualified.rfind("::") + (qualified.contains("::") ? 2 : 1));
  };
  std::string out;
  if (less != name.npos) out += last(name.substr(less + 1, name.rfind('>') - less - 1));
  for (char c : last(name.substr(0, less)))
    if (is_word(c)) out += c;
  return out;
}

}  // namespace sandbar::json
