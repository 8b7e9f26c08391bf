// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/intrusive/list.hpp>

#include "sandbar/async/event.h"
#include "sandbar/http/decoder.h"
#include "sandbar/http/encoder.h"
#include "sandbar/http/proxy_parts.h"
#include "sandbar/http/server.h"
#include "sandbar/http/sweeper.h"

// One connection of a server: reads requests one after another and is the Exchange of each.

namespace sandbar::http {

class Connection;

// A request body that the handler left unread is skipped up to this size; a longer one ends the connection.
inline constexpr std::size_t kSkippedBody = 64 << 10;

// What the connections of one server share. It lives until the last of them has gone.
struct ServerCore {
  ServerCore(Executor e, Handler h, ServerLimits l, TlsContextPtr t);

  Executor executor;
  Handler handler;
  ServerLimits limits;
  TlsContextPtr tls;
  std::shared_ptr<Sweeper> sweeper;
  Event all_gone;
  bool draining = false;
  boost::intrusive::list<Connection, boost::intrusive::base_hook<
                                         boost::intrusive::list_base_hook<boost::intrusive::tag<Connection>>>>
      connections;
};

class Connection final : public Exchange,
                         public ProxyExchange,
                         public Sweeper::Entry,
                         public boost::intrusive::list_base_hook<boost::intrusive::tag<Connection>> {
 public:
  Connection(std::shared_ptr<ServerCore> core, ByteStreamPtr stream);
  ~Connection() override;

  // Serves until the connection ends.
  Task<void> run();
  // No further request: at once if none is being read or answered, else after the answer.
  void drain();
  // Ends everything, the handler too.
  void drop();
  boost::asio::cancellation_slot cancellation() { return cancellation_.slot(); }

  const RequestHead& request() const override { return request_; }
  std::string peer_address() const override { return peer_address_; }
  std::string peer_certificate() const override { return peer_certificate_; }
  const std::string& peer_name() const { return peer_name_; }
  bool is_websocket() const override;
  bool is_secure() const override { return core_->tls != nullptr; }
  Executor executor() override { return core_->executor; }
  const Headers& trailers() const override { return decoder_.trailers(); }
  void set_trailers(Headers trailers) override { trailers_ = std::move(trailers); }
  void set_body_idle(std::chrono::milliseconds limit) override { body_idle_ = limit; }
  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  Task<Result<void>> respond(Response response) override;
  Task<Result<void>> start(ResponseHead head) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> finish() override;
  void abort() override;
  Task<void> disconnected() override;
  Task<Result<WebSocketPtr>> accept_websocket(Headers extra) override;
  Task<Result<ByteStreamPtr>> take_over(ResponseHead head) override;
  int status() const override { return status_; }

 private:
  enum class Answer { none, started, finished };

  void expired() override;
  Task<bool> handshake();
  Task<bool> serve_one();
  Task<bool> read_head();
  Task<Parsed> parse_head();
  Task<void> call_handler();
  Task<bool> settle();
  Task<bool> skip_rest_of_body();
  Task<void> refuse(int status);
  Task<void> say_goodbye();

  void begin_request();
  Task<Result<void>> send_continue();
  Task<Result<std::size_t>> receive_body(std::span<char> into);
  Task<Result<std::size_t>> receive(Deadline by);
  Task<Result<void>> send(std::string_view bytes);
  bool may_keep_alive() const;
  bool answer_has_body(int status) const;
  Result<void> prepare_answer();
  ByteStreamPtr release_stream();
  static Error given_up();

  std::shared_ptr<ServerCore> core_;
  ByteStreamPtr stream_;
  boost::asio::cancellation_signal cancellation_;
  ReadBuffer buffer_;
  MessageDecoder decoder_;
  std::string peer_address_, peer_certificate_, peer_name_;
  std::string out_;  // what is being sent; kept for its capacity

  RequestHead request_;
  Answer answer_ = Answer::none;
  Framing framing_;
  int status_ = 0;
  std::uint64_t left_to_write_ = 0;
  Headers trailers_;
  std::chrono::milliseconds body_idle_{};
  bool first_ = true;
  bool idle_ = false;  // between two requests
  bool waits_for_continue_ = false;
  bool broken_ = false;  // what comes next cannot be read as HTTP
  bool timed_out_ = false;
  bool dropped_ = false;   // without a proper end
  bool watching_ = false;  // disconnected() reads
};

}  // namespace sandbar::http
