// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sandbar/async/spawn.h"
#include "sandbar/base/scope_exit.h"

// Work that must go on to its end although the one who asked for it may stop waiting: a client that gives up
// in the middle of a pause must not leave half a pause behind.

namespace sandbar {

namespace detail {

template <class T>
struct Promised {
  explicit Promised(Executor executor) : done(std::move(executor)) {}
  Event done;
  bool ended = false;
  std::optional<Result<T>> outcome;
};

template <class T>
Task<void> keep_promise(std::shared_ptr<Promised<T>> promised, Task<Result<T>> task) {
  ScopeExit end([&] {
    promised->ended = true;
    promised->done.notify_all();
  });
  promised->outcome.emplace(co_await std::move(task));
}

}  // namespace detail

// Awaits the task's outcome. Cancelling the awaiting task leaves `task` running, owned by `tasks`.
template <class T>
Task<Result<T>> detached(Supervisor& tasks, std::string name, Task<Result<T>> task) {
  auto promised = std::make_shared<detail::Promised<T>>(co_await boost::asio::this_coro::executor);
  tasks.spawn(name, detail::keep_promise(promised, std::move(task)));
  while (!promised->ended) co_await promised->done.wait();
  if (!promised->outcome) co_return fail(internal_error(name + " ended without an outcome"));
  co_return std::move(*promised->outcome);
}

}  // namespace sandbar
