// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/async/task.h"
#include "sandbar/pg/database.h"

struct pg_result;

// A statement on its way through a connection, shared between the connection and the task that waits for the
// answer. The task may be cancelled at any time: the statement then goes on and its answer is dropped, so
// that the pipeline never loses count.

namespace sandbar::pg {

struct ResultFree {
  void operator()(pg_result* result) const;
};
using ResultPtr = std::unique_ptr<pg_result, ResultFree>;

class Request : public std::enable_shared_from_this<Request> {
 public:
  // `name` empty: the text is not worth preparing. Both have static storage.
  Request(Executor executor, std::string_view name, std::string_view sql, std::vector<Param> params)
      : name(name), sql(sql), params(std::move(params)), executor_(std::move(executor)) {}

  void finish(Result<Rows> outcome);
  static Task<Result<Rows>> wait(std::shared_ptr<Request> self);

  const std::string_view name, sql;
  const std::vector<Param> params;

  // Progress through the connection.
  bool preparing = false;  // the answer to Parse comes first
  std::optional<Error> error;
  ResultPtr result;

 private:
  using Waiter = boost::asio::any_completion_handler<void(boost::system::error_code)>;
  void wake(boost::system::error_code why);

  Executor executor_;
  std::optional<Result<Rows>> outcome_;
  std::optional<Waiter> waiter_;
};
using RequestPtr = std::shared_ptr<Request>;

}  // namespace sandbar::pg
