// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/json_scanner.h"

#include <charconv>

namespace sandbar::guest {
namespace {

void append_utf8(std::string& out, std::uint32_t c) {
  auto byte = [&](std::uint32_t b) { out += static_cast<char>(b); };
  if (c < 0x80) return byte(c);
  if (c < 0x800) return byte(0xC0 | c >> 6), byte(0x80 | (c & 63));
  if (c < 0x10000) return byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
  byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 63)), byte(0x80 | (c >> 6 & 63)), byte(0x80 | (c & 63));
}

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

}  // namespace

char JsonScanner::peek() {
  while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r'))
    rest_.remove_prefix(1);
  return rest_.empty() ? '\0' : rest_[0];
}

bool JsonScanner::expect(char c) {
  if (!ok_ || peek() != c || rest_.empty()) return refuse();
  rest_.remove_prefix(1);
  return true;
}

bool JsonScanner::open(char bracket) {
  if (++depth_ > kMaxDepth) return refuse();
  return expect(bracket);
}

bool JsonScanner::close(char bracket, bool first) {
  if (peek() == bracket) {
    --depth_;
    return expect(bracket);
  }
  if (!first) expect(',');
  return false;
}

bool JsonScanner::literal(std::string_view word) {
  peek();
  if (!ok_ || !rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

bool JsonScanner::null() { return literal("null"); }

bool JsonScanner::boolean(bool& out) {
  if (null()) return true;
  if (literal("true")) return out = true;
  if (!literal("false")) return refuse();
  out = false;
  return true;
}

bool JsonScanner::number(std::uint32_t& out) {
  if (null()) return true;
  std::string quoted;
  auto digits = rest_;
  if (peek() == '"') {
    if (!text(quoted)) return false;
    digits = quoted;
  } else {
    std::size_t length = 0;
    while (length < rest_.size() && is_number_char(rest_[length])) ++length;
    digits = rest_.substr(0, length);
    rest_.remove_prefix(length);
  }
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return error == std::errc{} && end == digits.data() + digits.size() ? ok_ : refuse();
}

bool JsonScanner::code_unit(std::uint32_t& out) {
  if (rest_.size() < 4) return refuse();
  auto [end, error] = std::from_chars(rest_.data(), rest_.data() + 4, out, 16);
  if (error != std::errc{} || end != rest_.data() + 4) return refuse();
  rest_.remove_prefix(4);
  return true;
}

bool JsonScanner::escape(std::string& out) {
  if (rest_.empty()) return refuse();
  char c = rest_[0];
  rest_.remove_prefix(1);
  constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
  if (auto at = kFrom.find(c); at != kFrom.npos) return out += kTo[at], true;
  std::uint32_t unit = 0, low = 0;
  if (c != 'u' || !code_unit(unit)) return refuse();
  if (unit >= 0xD800 && unit < 0xDC00) {
    if (!rest_.starts_with("\\u")) return refuse();
    rest_.remove_prefix(2);
    if (!code_unit(low) || low < 0xDC00 || low > 0xDFFF) return refuse();
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  } else if (unit >= 0xDC00 && unit < 0xE000) {
    return refuse();
  }
  return append_utf8(out, unit), true;
}

bool JsonScanner::text(std::string& out) {
  if (null()) return ok_;
  if (!expect('"')) return false;
  out.clear();
  while (ok_) {
    std::size_t plain = 0;
    while (plain < rest_.size() && rest_[plain] != '"' && rest_[plain] != '\\' &&
           static_cast<unsigned char>(rest_[plain]) >= 0x20)
      ++plain;
    out.append(rest_.substr(0, plain));
    rest_.remove_prefix(plain);
    if (rest_.empty() || static_cast<unsigned char>(rest_[0]) < 0x20) return refuse();
    char c = rest_[0];
    rest_.remove_prefix(1);
    if (c == '"') return true;
    escape(out);
  }
  return false;
}

bool JsonScanner::skip() {
  std::string ignored;
  bool flag = false;
  switch (peek()) {
    case '{':
      return object([this](std::string_view) { skip(); });
    case '[':
      return array([this] { skip(); });
    case '"':
      return text(ignored);
    case 't':
    case 'f':
      return boolean(flag);
    case 'n':
      return null() || refuse();
    default:
      break;
  }
  std::size_t length = 0;
  while (length < rest_.size() && is_number_char(rest_[length])) ++length;
  if (length == 0) return refuse();
  rest_.remove_prefix(length);
  return ok_;
}

bool JsonScanner::finished() {
  peek();
  return ok_ && rest_.empty();
}

}  // namespace sandbar::guest
