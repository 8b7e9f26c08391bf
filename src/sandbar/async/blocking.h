// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <type_traits>

#include "sandbar/async/task.h"

// Work that would block the event loop (hashing a password, reading a large file, walking a directory) runs
// on a small pool of threads; the awaiting task goes on, on its own executor, when it is done.

namespace sandbar {

class BlockingPool {
 public:
  explicit BlockingPool(std::size_t threads) : pool_(threads) {}
  ~BlockingPool() { pool_.join(); }

  // `work` must not throw and must not touch what the awaiting task can change meanwhile.
  template <class F, class R = std::invoke_result_t<F>>
  Task<R> run(F work) {
    auto box = std::make_shared<Box<F, R>>(std::move(work));
    co_await boost::asio::post(boost::asio::bind_executor(pool_, boost::asio::use_awaitable));
    box->result.emplace(box->work());
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
    co_return std::move(*box->result);
  }

 private:
  template <class F, class R>
  struct Box {
    explicit Box(F w) : work(std::move(w)) {}
    F work;
    std::optional<R> result;
  };
  boost::asio::thread_pool pool_;
};

}  // namespace sandbar
