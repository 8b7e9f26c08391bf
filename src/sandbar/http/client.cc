// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/client.h"

#include "sandbar/async/event.h"
#include "sandbar/async/spawn.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/client_connection.h"
#include "sandbar/http/encoder.h"
#include "sandbar/http/proxy_parts.h"

namespace sandbar::http {
namespace {

constexpr std::size_t kJoinedBody = 64 << 10;
constexpr std::size_t kMaxChunk = 256 << 10;
constexpr int kFirstRefusal = 300;

Framing framing_of(const RequestHead& head) {
  Framing framing;
  if (lists_token(head.headers, "Connection", "upgrade")) framing.after = Framing::After::upgrade;
  return framing;
}

bool wants_length(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

class PooledResponse final : public ClientResponse, public ProxyResponse {
 public:
  PooledResponse(ConnectionPoolPtr pool, ClientConnectionPtr connection)
      : pool_(std::move(pool)),
        connection_(std::move(connection)),
        head_{connection_->head().status, std::move(connection_->head().headers)} {
    if (head_.status != 101 && connection_->body_done()) give_back();
  }
  ~PooledResponse() override {
    if (connection_) connection_->close();
  }

  const ResponseHead& head() const override { return head_; }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (!connection_ && broken_) co_return fail(Error{Errc::unavailable, "the server's answer is broken"});
    if (!connection_) co_return 0u;
    auto n = co_await connection_->read_body(into);
    if (!n) {
      broken_ = true;
      connection_->close();
      connection_.reset();
    } else if (connection_->body_done() || *n == 0) {
      trailers_ = connection_->trailers();
      give_back();
    }
    co_return n;
  }

  bool is_ready() const override { return !connection_ || connection_->has_received(); }
  bool is_done() const override { return !connection_ && !broken_; }
  const Headers& trailers() const override { return trailers_; }

  Result<ByteStreamPtr> take_over() override {
    if (head_.status != 101 || !connection_) return fail(internal_error("take_over() without 101"));
    return std::exchange(connection_, nullptr)->release_stream();
  }

 private:
  void give_back() { pool_->give_back(std::exchange(connection_, nullptr)); }

  ConnectionPoolPtr pool_;
  ClientConnectionPtr connection_;
  ResponseHead head_;
  Headers trailers_;
  bool broken_ = false;
};

// The part of a streamed request that outlives its owner: a task reads the answer's head while the body is
// written.
struct StreamedCall {
  StreamedCall(ConnectionPoolPtr p, ClientConnectionPtr c)
      : pool(std::move(p)), connection(std::move(c)), changed(pool->executor()) {}

  bool refused() const { return answer && answer->has_value() && connection->head().status >= kFirstRefusal; }

  ConnectionPoolPtr pool;
  ClientConnectionPtr connection;
  Event changed;
  std::optional<Result<void>> answer;
  bool writing = false;
  bool body_wanted = false;
};
using StreamedCallPtr = std::shared_ptr<StreamedCall>;

Task<void> read_answer(StreamedCallPtr call, bool bodiless) {
  call->connection->on_continue = [&call = *call] {
    call.body_wanted = true;
    call.changed.notify_all();
  };
  auto answer = co_await call->connection->read_head(bodiless);
  call->connection->on_continue = nullptr;
  call->answer = std::move(answer);
  if (call->refused() && call->writing) call->connection->stop_writing();
  call->changed.notify_all();
}

class StreamedRequest final : public ClientRequest, public ProxyRequest {
 public:
  StreamedRequest(StreamedCallPtr call, Framing framing)
      : call_(std::move(call)), framing_(framing), left_(framing.length) {}
  ~StreamedRequest() override {
    if (!ended_ || !response_taken_) call_->connection->close();
  }

  Task<Result<void>> write(std::string_view bytes) override {
    if (framing_.body == Framing::Body::length) {
      if (bytes.size() > left_) co_return fail(internal_error("more bytes than Content-Length said"));
      left_ -= bytes.size();
      co_return co_await send(bytes);
    }
    while (!bytes.empty()) {
      auto piece = bytes.substr(0, kMaxChunk);
      out_.clear();
      encode_chunk(out_, piece);
      CO_TRY_VOID(co_await send(out_));
      bytes.remove_prefix(piece.size());
    }
    co_return Result<void>{};
  }

  Task<Result<void>> end() override {
    if (ended_) co_return Result<void>{};
    if (framing_.body == Framing::Body::length && left_ > 0)
      co_return fail(internal_error("fewer bytes than Content-Length said"));
    if (framing_.body == Framing::Body::chunked) {
      out_.clear();
      encode_last_chunk(out_, trailers_);
      CO_TRY_VOID(co_await send(out_));
    }
    ended_ = true;
    call_->connection->request_sent = !call_->refused();
    if (!call_->answer) call_->connection->expect_head();
    co_return Result<void>{};
  }

  void set_trailers(Headers trailers) override { trailers_ = std::move(trailers); }

  Task<void> wanted(std::chrono::milliseconds limit) override {
    for (bool told = true; told && !call_->body_wanted && !call_->answer;)
      told = co_await call_->changed.wait_for(limit);
  }

  Task<Result<ClientResponsePtr>> response() override {
    while (!call_->answer) co_await call_->changed.wait();
    CO_TRY_VOID(std::move(*call_->answer));
    response_taken_ = true;
    co_return std::make_unique<PooledResponse>(call_->pool, call_->connection);
  }

 private:
  Task<Result<void>> send(std::string_view bytes) {
    if (call_->refused()) co_return Result<void>{};
    call_->writing = true;
    auto sent = co_await call_->connection->send(bytes);
    call_->writing = false;
    if (sent) co_return sent;
    // A server that answers and closes makes the write fail; its answer is what counts.
    if (!call_->answer) call_->connection->expect_head();
    while (!call_->answer) co_await call_->changed.wait();
    if (call_->refused()) co_return Result<void>{};
    co_return sent;
  }

  StreamedCallPtr call_;
  Framing framing_;
  std::uint64_t left_;
  std::string out_;
  Headers trailers_;
  bool ended_ = false;
  bool response_taken_ = false;
};

Task<Result<ClientResponsePtr>> call_once(ConnectionPoolPtr pool, ClientConnectionPtr connection,
                                          std::string_view head, std::string_view body, bool bodiless) {
  auto sent = co_await connection->send(head);
  if (sent && !body.empty()) sent = co_await connection->send(body);
  connection->request_sent = sent.has_value();
  connection->expect_head();
  auto answer = co_await connection->read_head(bodiless);
  if (!answer && !sent) co_return fail(std::move(sent).error());
  CO_TRY_VOID(std::move(answer));
  co_return std::make_unique<PooledResponse>(std::move(pool), std::move(connection));
}

Task<Result<ClientResponsePtr>> call(ConnectionPoolPtr pool, RequestHead head, std::string body) {
  auto framing = framing_of(head);
  framing.length = body.size();
  if (!body.empty() || wants_length(head.method)) framing.body = Framing::Body::length;
  std::string bytes;
  CO_TRY_VOID(encode_head(bytes, head, pool->host(), framing));
  if (body.size() <= kJoinedBody) bytes += std::exchange(body, {});
  auto wanted = ConnectionPool::Wanted::any;
  for (;;) {
    CO_TRY(auto connection, co_await pool->take(wanted));
    auto response = co_await call_once(pool, connection, bytes, body, head.method == "HEAD");
    bool met_closed = !response && connection->reused() && !connection->saw_answer() &&
                      response.error().code == Errc::unavailable;
    if (!met_closed) co_return response;
    wanted = ConnectionPool::Wanted::fresh;
  }
}

Task<Result<ClientRequestPtr>> begin_call(ConnectionPoolPtr pool, RequestHead head) {
  CO_TRY(auto declared, declared_length(head.headers));
  auto framing = framing_of(head);
  framing.body = declared ? Framing::Body::length : Framing::Body::chunked;
  framing.length = declared.value_or(0);
  std::string bytes;
  CO_TRY_VOID(encode_head(bytes, head, pool->host(), framing));
  CO_TRY(auto connection, co_await pool->take(ConnectionPool::Wanted::any));
  CO_TRY_VOID(co_await connection->send(bytes));
  auto call = std::make_shared<StreamedCall>(std::move(pool), std::move(connection));
  spawn(call->pool->executor(), "read the answer's head", read_answer(call, head.method == "HEAD"));
  co_return std::make_unique<StreamedRequest>(std::move(call), framing);
}

class PooledClient final : public Client {
 public:
  explicit PooledClient(ConnectionPoolPtr pool) : pool_(std::move(pool)) {}
  ~PooledClient() override { pool_->retire(); }

  Task<Result<ClientResponsePtr>> send(RequestHead head, std::string body) override {
    return call(pool_, std::move(head), std::move(body));
  }
  Task<Result<ClientRequestPtr>> start(RequestHead head) override {
    return begin_call(pool_, std::move(head));
  }
  void drop_idle() override { pool_->drop_idle(); }

 private:
  ConnectionPoolPtr pool_;
};

}  // namespace

Task<Result<std::string>> ClientResponse::read_all(std::size_t limit) {
  std::string all;
  std::vector<char> piece(16 << 10);
  for (;;) {
    CO_TRY(auto n, co_await read_some(piece));
    if (n == 0) co_return all;
    if (all.size() + n > limit) co_return fail(Error{Errc::too_large, "the server's answer is too large"});
    all.append(piece.data(), n);
  }
}

Task<Result<ClientResponsePtr>> ClientRequest::finish() {
  CO_TRY_VOID(co_await end());
  co_return co_await response();
}

Task<Result<Response>> Client::fetch(RequestHead head, std::string body, std::size_t limit) {
  CO_TRY(auto response, co_await send(std::move(head), std::move(body)));
  CO_TRY(auto text, co_await response->read_all(limit));
  co_return Response{response->head().status, response->head().headers, std::move(text)};
}

ClientPtr make_client(Executor executor, Endpoint endpoint, ClientLimits limits) {
  return std::make_unique<PooledClient>(
      std::make_shared<ConnectionPool>(std::move(executor), std::move(endpoint), limits));
}

}  // namespace sandbar::http
