// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "sandbar/base/result.h"

// Task<T> is a lazily started coroutine; the shape of a fallible one is Task<Result<T>>.
// Rules (docs/style.md): parameters by value or by reference to something that outlives the task; no
// capturing lambda coroutines; no co_await inside ?:, aggregate initialisation or initializer lists.

namespace sandbar {

template <class T = void>
using Task = boost::asio::awaitable<T>;

using Executor = boost::asio::any_io_executor;

}  // namespace sandbar
