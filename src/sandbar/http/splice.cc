// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/splice.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace sandbar::http {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

Task<void> copy(ByteStream& from, ByteStream& to) {
  std::vector<char> piece(kPiece);
  for (;;) {
    auto count = co_await from.read_some(piece);
    if (count && *count == 0) co_return co_await to.shut_down();
    if (!count || !co_await write_all(to, {piece.data(), *count})) break;
  }
  from.close();
  to.close();
}

}  // namespace

Task<void> splice(ByteStreamPtr a, ByteStreamPtr b) {
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (copy(*a, *b) && copy(*b, *a));
}

}  // namespace sandbar::http
