// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/server.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "sandbar/async/spawn.h"
#include "sandbar/base/try.h"
#include "sandbar/http/connection.h"
#include "sandbar/http/handover.h"
#include "sandbar/http/listener.h"

namespace sandbar::http {
namespace {

using ServerCorePtr = std::shared_ptr<ServerCore>;
using ListenerPtr = std::shared_ptr<Listener>;

void begin_connection(const ServerCorePtr& core, ByteStreamPtr stream) {
  if (core->draining || core->connections.size() >= core->limits.max_connections) return;
  auto connection = std::make_shared<Connection>(core, std::move(stream));
  // The slot must outlive the task, so the completion owns the connection. A task that was dropped ends by
  // exception.
  boost::asio::co_spawn(
      core->executor, connection->run(),
      boost::asio::bind_cancellation_slot(connection->cancellation(), [connection](std::exception_ptr) {}));
}

Task<void> accept_connections(ServerCorePtr core, ListenerPtr listener) {
  while (!core->draining) {
    auto fd = co_await listener->accept();
    if (!fd) co_return;
    if (auto stream = adopt_socket(core->executor, *fd)) begin_connection(core, std::move(*stream));
  }
}

class ServerOnListeners final : public Server {
 public:
  explicit ServerOnListeners(ServerCorePtr core) : core_(std::move(core)) {}
  ~ServerOnListeners() override {
    stop_accepting();
    drop_all();
  }

  Result<void> listen(const std::string& address, bool reuse_port) override {
    TRY(ListenerPtr listener, Listener::open(core_->executor, address, reuse_port));
    listeners_.push_back(listener);
    spawn(core_->executor, "accept connections", accept_connections(core_, listener));
    return {};
  }

  std::uint16_t port() const override { return listeners_.empty() ? 0 : listeners_.front()->port(); }
  void adopt(ByteStreamPtr stream) { begin_connection(core_, std::move(stream)); }
  void set_tls(TlsContextPtr tls) override { core_->tls = std::move(tls); }
  std::size_t connections() const override { return core_->connections.size(); }

  Task<void> shut_down(std::chrono::milliseconds grace) override {
    stop_accepting();
    for (auto& connection : core_->connections) connection.drain();
    auto end = std::chrono::steady_clock::now() + grace;
    while (!core_->connections.empty()) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      if (left.count() <= 0) break;
      co_await core_->all_gone.wait_for(left);
    }
    drop_all();
    while (!core_->connections.empty()) co_await core_->all_gone.wait();
  }

 private:
  void stop_accepting() {
    core_->draining = true;
    for (auto& listener : listeners_) listener->close();
  }

  void drop_all() {
    for (auto it = core_->connections.begin(); it != core_->connections.end();) (it++)->drop();
  }

  ServerCorePtr core_;
  std::vector<ListenerPtr> listeners_;
};

}  // namespace

// There is one kind of server.
void serve_stream(Server& server, ByteStreamPtr stream) {
  static_cast<ServerOnListeners&>(server).adopt(std::move(stream));
}

ServerPtr make_server(Executor executor, Handler handler, ServerLimits limits, TlsContextPtr tls) {
  return std::make_unique<ServerOnListeners>(
      std::make_shared<ServerCore>(std::move(executor), std::move(handler), limits, std::move(tls)));
}

}  // namespace sandbar::http
