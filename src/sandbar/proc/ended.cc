// SPDX-License-Identifier: Apache-2.0
#include "sandbar/proc/ended.h"

#include <poll.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sandbar::proc {

Task<void> wait_until_ended(Fd pidfd) {
  namespace asio = boost::asio;
  asio::posix::stream_descriptor ended(co_await asio::this_coro::executor, pidfd.release());
  auto has_ended = [&] {
    pollfd state{ended.native_handle(), POLLIN, 0};
    return ::poll(&state, 1, 0) > 0;
  };
  while (!has_ended())
    co_await ended.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
}

}  // namespace sandbar::proc
