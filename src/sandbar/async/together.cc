// SPDX-License-Identifier: Apache-2.0
#include "sandbar/async/together.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sandbar/async/escaped.h"

namespace sandbar {

namespace asio = boost::asio;

Task<void> run_together(std::string name, std::vector<Task<void>> tasks) {
  auto executor = co_await asio::this_coro::executor;
  auto prepare = [&](Task<void> task) { return asio::co_spawn(executor, std::move(task), asio::deferred); };
  std::vector<decltype(prepare(std::move(tasks.front())))> prepared;
  for (auto& task : tasks) prepared.push_back(prepare(std::move(task)));
  if (prepared.empty()) co_return;
  auto group = asio::experimental::make_parallel_group(std::move(prepared));
  auto [order, thrown] = co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  for (const auto& exception : thrown) log_escaped(name, exception);
}

}  // namespace sandbar
