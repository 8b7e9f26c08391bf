// SPDX-License-Identifier: Apache-2.0
#include "sandbar/async/spawn.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "sandbar/async/escaped.h"
#include "sandbar/log/log.h"

namespace sandbar {

void log_escaped(std::string_view name, std::exception_ptr thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::asio::multiple_exceptions& several) {  // of tasks that ran side by side
    log_escaped(name, several.first_exception());
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::asio::error::operation_aborted)
      log::error("task ended with an exception", {{"task", name}, {"what", std::string_view(e.what())}});
  } catch (const std::exception& e) {
    log::error("task ended with an exception", {{"task", name}, {"what", std::string_view(e.what())}});
  } catch (...) {
    log::error("task ended with an unknown exception", {{"task", name}});
  }
}

void spawn(Executor executor, std::string name, Task<void> task) {
  boost::asio::co_spawn(executor, std::move(task),
                        [name = std::move(name)](std::exception_ptr thrown) { log_escaped(name, thrown); });
}

void Supervisor::spawn(std::string name, Task<void> task) {
  auto number = next_++;
  auto& signal = signals_[number];
  signal = std::make_unique<boost::asio::cancellation_signal>();
  auto done = [this, number, name = std::move(name)](std::exception_ptr thrown) {
    log_escaped(name, thrown);
    signals_.erase(number);
    if (signals_.empty()) idle_.notify_all();
  };
  boost::asio::co_spawn(executor_, std::move(task),
                        boost::asio::bind_cancellation_slot(signal->slot(), std::move(done)));
}

Task<void> Supervisor::shut_down() {
  // A handler that ends while we emit erases its own entry, so walk over a copy of the numbers.
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, signal] : signals_) numbers.push_back(number);
  for (auto number : numbers)
    if (auto it = signals_.find(number); it != signals_.end())
      it->second->emit(boost::asio::cancellation_type::terminal);
  co_await drained();
}

Task<void> Supervisor::drained() {
  while (!signals_.empty()) co_await idle_.wait();
}

}  // namespace sandbar
