// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <string>

#include "sandbar/async/spawn.h"
#include "sandbar/base/scope_exit.h"

// Work that must run to its end although whoever waits for it may be cancelled half-way.

namespace sandbar {

namespace detail {

template <class T>
struct Detached {
  explicit Detached(Executor executor) : changed(std::move(executor)) {}
  std::optional<Result<T>> result;
  bool ended = false;
  Event changed;
};

template <class T>
Task<void> run_into(std::shared_ptr<Detached<T>> state, Task<Result<T>> task) {
  ScopeExit ended([&] {
    state->ended = true;
    state->changed.notify_all();
  });
  state->result.emplace(co_await std::move(task));
}

}  // namespace detail

// The task's result. `tasks` owns the task; its executor must be the caller's.
template <class T>
Task<Result<T>> run_detached(Supervisor& tasks, std::string name, Task<Result<T>> task) {
  auto state = std::make_shared<detail::Detached<T>>(co_await boost::asio::this_coro::executor);
  tasks.spawn(name, detail::run_into(state, std::move(task)));
  while (!state->ended) co_await state->changed.wait();
  if (!state->result) co_return fail(internal_error(name + " ended without a result"));
  co_return *std::move(state->result);
}

}  // namespace sandbar
