// SPDX-License-Identifier: Apache-2.0
#include "sandbar/pg/channel.h"

#include <libpq-fe.h>

#include <algorithm>

#include "sandbar/async/spawn.h"
#include "sandbar/pg/errors.h"

namespace sandbar::pg {

using namespace std::chrono_literals;

Channel::Channel(std::unique_ptr<Connection> connection, std::chrono::milliseconds silence_limit,
                 std::function<void()> on_progress)
    : connection_(std::move(connection)),
      executor_(connection_->socket().get_executor()),
      silence_limit_(silence_limit),
      on_progress_(std::move(on_progress)),
      watchdog_(executor_) {}

void Channel::start() { spawn(executor_, "database connection", read_answers(shared_from_this())); }

void Channel::submit(RequestPtr request) {
  if (lost_) return request->finish(fail(connection_error("the connection was lost")));
  if (!std::ranges::all_of(request->params, [](const Param& p) { return !p || p->find('\0') == p->npos; }))
    return request->finish(fail(invalid_request("text must not contain the NUL character")));
  in_flight_.push_back(request);
  if (!send(*request)) return close(connection_->last_error());
  flush();
  if (in_flight_.size() == 1) last_progress_ = std::chrono::steady_clock::now();
  if (!watching_) watch();
}

bool Channel::send(Request& request) {
  auto* conn = connection_->get();
  std::vector<const char*> values;
  for (const auto& param : request.params) values.push_back(param ? param->c_str() : nullptr);
  int count = static_cast<int>(values.size());
  bool sent = false;
  if (request.name.empty()) {
    sent =
        PQsendQueryParams(conn, request.sql.data(), count, nullptr, values.data(), nullptr, nullptr, 0) == 1;
  } else {
    request.preparing = prepared_.insert(request.name).second;
    sent =
        !request.preparing || PQsendPrepare(conn, request.name.data(), request.sql.data(), 0, nullptr) == 1;
    sent = sent &&
           PQsendQueryPrepared(conn, request.name.data(), count, values.data(), nullptr, nullptr, 0) == 1;
  }
  return sent && PQpipelineSync(conn) == 1;
}

void Channel::flush() {
  if (writing_ || lost_) return;
  int state = PQflush(connection_->get());
  if (state < 0) return close(connection_->last_error());
  if (state == 0) return;
  writing_ = true;
  connection_->socket().async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                   [self = shared_from_this()](boost::system::error_code error) {
                                     self->writing_ = false;
                                     if (!error) self->flush();
                                   });
}

Task<void> Channel::read_answers(std::shared_ptr<Channel> self) {
  auto* conn = self->connection_->get();
  while (!self->lost_) {
    auto error = co_await self->connection_->readable();
    if (self->lost_) break;
    if (error) co_return self->close(error.message());
    // The server's last words ("terminating connection …") may precede the end of the stream.
    bool alive = PQconsumeInput(conn) == 1;
    self->last_progress_ = std::chrono::steady_clock::now();
    self->take_answers();
    if (!alive || PQstatus(conn) == CONNECTION_BAD) co_return self->close(self->connection_->last_error());
    self->flush();
    self->on_progress_();
  }
}

// One NULL ends the results of a command; two in a row mean that nothing will come any more.
void Channel::take_answers() {
  auto* conn = connection_->get();
  for (int nulls = 0; nulls < 2 && !in_flight_.empty() && !PQisBusy(conn);) {
    ResultPtr result(PQgetResult(conn));
    nulls = result ? 0 : nulls + 1;
    if (result) take(std::move(result));
  }
}

void Channel::take(ResultPtr result) {
  auto& request = *in_flight_.front();
  switch (PQresultStatus(result.get())) {
    case PGRES_PIPELINE_SYNC: {
      auto done = std::move(in_flight_.front());
      in_flight_.pop_front();
      if (done->error) return done->finish(fail(std::move(*done->error)));
      return done->finish(Rows(std::move(done->result)));
    }
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
      if (!std::exchange(request.preparing, false)) request.result = std::move(result);
      return;
    default:
      if (std::exchange(request.preparing, false)) prepared_.erase(request.name);
      if (!request.error) request.error = error_of_result(result.get());
  }
}

// One timer per connection, not per statement: it looks once a second whether answers still come.
void Channel::watch() {
  watching_ = true;
  watchdog_.expires_after(1s);
  watchdog_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (error || !self) return;
    self->watching_ = false;
    if (self->lost_ || self->in_flight_.empty()) return;
    auto silent = std::chrono::steady_clock::now() - self->last_progress_;
    if (silent > self->silence_limit_) return self->close("the server answers nothing");
    self->watch();
  });
}

void Channel::close(std::string why) {
  if (lost_) return;
  lost_ = true;
  connection_->cancel_waits();
  auto orphans = std::exchange(in_flight_, {});
  for (const auto& request : orphans) {
    auto error = request->error ? std::move(*request->error) : connection_error(why);
    request->finish(fail(std::move(error)));
  }
  on_progress_();
}

}  // namespace sandbar::pg
