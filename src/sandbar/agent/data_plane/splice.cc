// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/data_plane/splice.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace sandbar::agent {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

Task<void> copy(http::ByteStream& from, http::ByteStream& to) {
  std::vector<char> piece(kPiece);
  for (;;) {
    auto count = co_await from.read_some(piece);
    if (count && *count == 0) co_return co_await to.shut_down();
    if (!count || !co_await http::write_all(to, {piece.data(), *count})) break;
  }
  from.close();
  to.close();
}

}  // namespace

Task<void> splice(http::ByteStreamPtr a, http::ByteStreamPtr b) {
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (copy(*a, *b) && copy(*b, *a));
}

}  // namespace sandbar::agent
