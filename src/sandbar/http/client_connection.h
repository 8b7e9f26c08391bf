// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>

#include "sandbar/http/client.h"
#include "sandbar/http/decoder.h"
#include "sandbar/http/sweeper.h"

// One connection of a client, and the idle ones that the calls of a client share.

namespace sandbar::http {

class ClientConnection final : public Sweeper::Entry {
 public:
  ClientConnection(ByteStreamPtr stream, const ClientLimits& limits);

  Task<Result<void>> send(std::string_view bytes);
  // The head of the final answer (or of 101); others of the 1xx are skipped. Once per request.
  Task<Result<void>> read_head(bool bodiless);
  // From now on the answer's head may take only so long, even if read_head() is waiting already.
  void expect_head();
  Task<Result<std::size_t>> read_body(std::span<char> into);

  MessageHead& head() { return decoder_.message(); }
  bool body_done() const { return decoder_.body_done(); }
  bool has_received() const { return !buffer_.empty(); }
  bool saw_answer() const { return saw_answer_; }
  bool may_be_reused() const;
  bool is_stale() { return !stream_ || stream_->is_stale(); }
  const Headers& trailers() const { return decoder_.trailers(); }
  void close();
  void stop_writing() { stream_->cancel(); }
  ByteStreamPtr release_stream();

  // Takes up an idle connection for another request.
  void reuse();
  bool reused() const { return reused_; }

  bool request_sent = false;
  std::function<void()> on_continue;         // read_head() met "100 Continue"
  std::function<void()> when_idle_too_long;  // set while idle

 private:
  void expired() override;
  Task<Result<std::size_t>> receive();
  Error lost(std::string_view doing, Error cause);

  ByteStreamPtr stream_;
  ClientLimits limits_;
  ReadBuffer buffer_;
  MessageDecoder decoder_;
  Deadline head_by_ = kNever;
  bool reused_ = false;
  bool saw_answer_ = false;
  bool timed_out_ = false;
  bool closed_ = false;
};
using ClientConnectionPtr = std::shared_ptr<ClientConnection>;

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
 public:
  enum class Wanted { any, fresh };

  ConnectionPool(Executor executor, Endpoint endpoint, ClientLimits limits);

  // An idle connection that is still good, or a new one.
  Task<Result<ClientConnectionPtr>> take(Wanted wanted);
  void give_back(ClientConnectionPtr connection);
  void drop_idle() { idle_.clear(); }
  // Nothing is kept any more: the client has gone.
  void retire();

  const Executor& executor() const { return executor_; }
  const std::string& host() const { return endpoint_.host; }

 private:
  Executor executor_;
  Endpoint endpoint_;
  ClientLimits limits_;
  std::shared_ptr<Sweeper> sweeper_;
  std::list<ClientConnectionPtr> idle_;  // used last = taken first
  bool retired_ = false;
};
using ConnectionPoolPtr = std::shared_ptr<ConnectionPool>;

}  // namespace sandbar::http
