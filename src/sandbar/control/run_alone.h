// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>

#include "sandbar/async/task.h"

namespace sandbar::control {

// Runs a task on an event loop of its own until it is done: for what happens before, or instead of, serving.
template <class T, class Make>
Result<T> run_alone(Make make) {
  boost::asio::io_context io;
  std::optional<Result<T>> result;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, make(io.get_executor()), [&](std::exception_ptr error, Result<T> value) {
    thrown = error;
    if (!error) result.emplace(std::move(value));
  });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return *std::move(result);
}

}  // namespace sandbar::control
