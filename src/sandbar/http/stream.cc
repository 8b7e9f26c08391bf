// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "sandbar/base/try.h"
#include "sandbar/http/handover.h"
#include "sandbar/http/stream_parts.h"

namespace sandbar::http {
namespace {

namespace asio = boost::asio;
using Socket = asio::generic::stream_protocol::socket;
using Endpoints = std::vector<asio::generic::stream_protocol::endpoint>;
constexpr auto kAwait = asio::as_tuple(asio::deferred);

// A peer that is always ready must not keep the thread for itself.
constexpr int kMaxBurst = 32;

Error io_error(std::string_view doing, const boost::system::error_code& ec) {
  if (ec == asio::error::operation_aborted)
    return {Errc::canceled, "canceled", fmt::format("{}: canceled", doing)};
  return {Errc::unavailable, "connection failed", fmt::format("{}: {}", doing, ec.message())};
}

class SocketStream final : public ByteStream {
 public:
  explicit SocketStream(Socket socket) : socket_(std::move(socket)) {
    boost::system::error_code ignored;
    peer_ = socket_.remote_endpoint(ignored);
  }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    auto [ec, n] = co_await socket_.async_receive(asio::buffer(into.data(), into.size()), kAwait);
    if (ec == asio::error::eof) co_return 0u;
    if (ec) co_return fail(io_error("read", ec));
    co_return n;
  }

  Task<Result<std::size_t>> write_some(std::string_view bytes) override {
    if (++burst_ < kMaxBurst) {
      auto n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n >= 0) co_return static_cast<std::size_t>(n);
    } else {
      co_await asio::post(socket_.get_executor(), asio::deferred);
    }
    burst_ = 0;
    auto [ec, n] = co_await socket_.async_send(asio::buffer(bytes.data(), bytes.size()), kAwait);
    if (ec) co_return fail(io_error("write", ec));
    co_return n;
  }

  Task<void> shut_down() override {
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
    ended_ = true;
    co_return;
  }

  void close() override {
    boost::system::error_code ignored;
    // Without a proper end before, the peer must see a broken connection, not a short answer.
    if (!ended_) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
  }

  void cancel() override {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  int release() {
    boost::system::error_code failed;
    int fd = socket_.release(failed);
    return failed ? -1 : fd;
  }

  bool is_stale() override {
    char byte;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
  }

  std::string peer_address() const override {
    char host[INET6_ADDRSTRLEN] = {};
    if (peer_.protocol().family() == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(peer_.data());
      ::inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
      return fmt::format("{}:{}", host, ntohs(in->sin_port));
    }
    if (peer_.protocol().family() != AF_INET6) return {};
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(peer_.data());
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
      ::inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], host, sizeof host);
      return fmt::format("{}:{}", host, ntohs(in6->sin6_port));
    }
    ::inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
    return fmt::format("[{}]:{}", host, ntohs(in6->sin6_port));
  }

  Executor executor() override { return socket_.get_executor(); }

 private:
  Socket socket_;
  asio::generic::stream_protocol::endpoint peer_;
  bool ended_ = false;
  int burst_ = 0;
};

class PrefixedStream final : public ByteStream {
 public:
  PrefixedStream(std::string prefix, ByteStreamPtr next)
      : prefix_(std::move(prefix)), next_(std::move(next)) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (prefix_.empty()) return next_->read_some(into);
    return take(into);
  }
  Task<Result<std::size_t>> write_some(std::string_view bytes) override { return next_->write_some(bytes); }
  Task<void> shut_down() override { return next_->shut_down(); }
  void close() override { next_->close(); }
  void cancel() override { next_->cancel(); }
  int release() { return prefix_.empty() ? release_socket(*next_) : -1; }
  bool is_stale() override { return !prefix_.empty() || next_->is_stale(); }
  std::string peer_certificate() const override { return next_->peer_certificate(); }
  std::string peer_address() const override { return next_->peer_address(); }
  Executor executor() override { return next_->executor(); }

 private:
  Task<Result<std::size_t>> take(std::span<char> into) {
    auto n = prefix_.copy(into.data(), into.size());
    prefix_.erase(0, n);
    co_return n;
  }

  std::string prefix_;
  ByteStreamPtr next_;
};

Task<Result<ByteStreamPtr>> connect_first(Endpoints endpoints, std::string doing) {
  auto executor = co_await asio::this_coro::executor;
  boost::system::error_code last = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    Socket socket(executor);
    auto [ec] = co_await socket.async_connect(endpoint, kAwait);
    if (!ec) {
      boost::system::error_code ignored;
      if (endpoint.protocol().family() != AF_UNIX) {
        socket.set_option(asio::ip::tcp::no_delay(true), ignored);
        keep_alive(socket.native_handle());
      }
      co_return std::make_unique<SocketStream>(std::move(socket));
    }
    last = ec;
  }
  co_return fail(io_error(doing, last));
}

Task<Result<Endpoints>> resolve(std::string host, std::uint16_t port) {
  boost::system::error_code not_literal;
  auto address = asio::ip::make_address(host, not_literal);
  if (!not_literal) co_return Endpoints{asio::ip::tcp::endpoint(address, port)};
  if (host == "localhost")
    co_return Endpoints{asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port),
                        asio::ip::tcp::endpoint(asio::ip::address_v6::loopback(), port)};
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  auto [ec, found] = co_await resolver.async_resolve(host, std::to_string(port), kAwait);
  if (ec) co_return fail(io_error("resolve " + host, ec));
  Endpoints endpoints;
  for (const auto& entry : found) endpoints.emplace_back(entry.endpoint());
  co_return endpoints;
}

}  // namespace

Task<Result<void>> write_all(ByteStream& stream, std::string_view bytes) {
  while (!bytes.empty()) {
    CO_TRY(auto n, co_await stream.write_some(bytes));
    bytes.remove_prefix(n);
  }
  co_return Result<void>{};
}

int release_socket(ByteStream& stream) {
  if (auto* socket = dynamic_cast<SocketStream*>(&stream)) return socket->release();
  if (auto* prefixed = dynamic_cast<PrefixedStream*>(&stream)) return prefixed->release();
  return -1;
}

void keep_alive(int fd) {
  auto set = [fd](int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Task<Result<ByteStreamPtr>> connect_tcp(std::string host, std::uint16_t port) {
  CO_TRY(auto endpoints, co_await resolve(host, port));
  co_return co_await connect_first(std::move(endpoints), fmt::format("connect to {}:{}", host, port));
}

Task<Result<ByteStreamPtr>> connect_unix(std::string path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    co_return fail(internal_error("socket path is too long: " + path));
  Endpoints endpoints{asio::local::stream_protocol::endpoint(path)};
  co_return co_await connect_first(std::move(endpoints), "connect to " + path);
}

Result<ByteStreamPtr> adopt_socket(Executor executor, int fd) {
  int family = 0;
  socklen_t size = sizeof family;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) {
    auto error = errno_error("adopt a socket", errno);
    ::close(fd);
    return fail(std::move(error));
  }
  if (family != AF_UNIX) {
    int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    keep_alive(fd);  // whoever holds a silent connection must not hold it for ever
  }
  Socket socket(executor);
  boost::system::error_code ec;
  socket.assign(asio::generic::stream_protocol(family, 0), fd, ec);
  if (ec) {
    ::close(fd);
    return fail(io_error("adopt a socket", ec));
  }
  return std::make_unique<SocketStream>(std::move(socket));
}

ByteStreamPtr prepend(std::string bytes, ByteStreamPtr stream) {
  if (bytes.empty()) return stream;
  return std::make_unique<PrefixedStream>(std::move(bytes), std::move(stream));
}

}  // namespace sandbar::http
