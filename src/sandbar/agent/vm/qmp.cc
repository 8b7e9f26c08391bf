// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/qmp.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbar/agent/vm/unix_socket.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

namespace bj = boost::json;

constexpr std::size_t kMaxLine = 1 << 20;
constexpr std::size_t kMaxEvents = 64;

Error broken(std::string detail) {
  return {Errc::unavailable, "the sandbox's machine does not answer", "QMP: " + std::move(detail)};
}

ssize_t send_with(int socket, std::string_view bytes, int fd) {
  iovec data{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

std::string text_of(const bj::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

std::int64_t number_of(const bj::object& object, std::string_view key) {
  auto* value = object.if_contains(key);
  return value && value->is_int64() ? value->get_int64() : 0;
}

Result<std::string> version_of(const bj::object& greeting) {
  auto* hello = greeting.if_contains("QMP");
  auto* version = hello && hello->is_object() ? hello->get_object().if_contains("version") : nullptr;
  auto* numbers = version && version->is_object() ? version->get_object().if_contains("qemu") : nullptr;
  if (!numbers || !numbers->is_object()) return fail(broken("no greeting"));
  const auto& n = numbers->get_object();
  return fmt::format("{}.{}.{} ({})", number_of(n, "major"), number_of(n, "minor"), number_of(n, "micro"),
                     text_of(version->get_object(), "package"));
}

}  // namespace

QmpClient::QmpClient(Executor executor, proc::Fd socket) : socket_(std::move(executor), socket.release()) {}

Task<Result<std::unique_ptr<QmpClient>>> QmpClient::connect(Executor executor, std::filesystem::path path,
                                                            Limit limit) {
  auto fd = connect_unix(path);
  if (!fd) co_return fail(broken(std::move(fd).error().detail));
  std::unique_ptr<QmpClient> client(new QmpClient(std::move(executor), std::move(*fd)));
  CO_TRY_VOID(co_await with_timeout(limit, "the greeting of QEMU", client->greet()));
  CO_TRY(auto ignored, co_await client->execute("qmp_capabilities"));
  co_return client;
}

Task<Result<void>> QmpClient::greet() {
  CO_TRY(auto greeting, co_await read_message());
  CO_TRY(version_, version_of(greeting));
  co_return Result<void>{};
}

Task<Result<bj::value>> QmpClient::execute(std::string command, bj::object arguments, int fd, Limit limit) {
  auto id = next_id_++;
  bj::object message{{"execute", command}, {"id", id}};
  if (!arguments.empty()) message["arguments"] = std::move(arguments);
  auto answer =
      co_await with_timeout(limit, "QMP " + command, converse(bj::serialize(message) + "\n", id, fd));
  if (!answer) co_return fail(std::move(answer).error().with_context("QMP " + command));
  co_return answer;
}

Task<Result<bj::value>> QmpClient::converse(std::string line, std::int64_t id, int fd) {
  CO_TRY_VOID(co_await send(std::move(line), fd));
  while (true) {
    CO_TRY(auto message, co_await read_message());
    if (message.contains("event")) {
      keep(std::move(message));
    } else if (number_of(message, "id") == id) {
      if (auto* value = message.if_contains("return")) co_return std::move(*value);
      auto* error = message.if_contains("error");
      co_return fail(internal_error(error ? bj::serialize(*error) : "answer without a result"));
    }
  }
}

Task<Result<bj::object>> QmpClient::wait_event(std::string name, Limit limit) {
  co_return co_await with_timeout(limit, "QMP event " + name, next_event(name));
}

Task<Result<bj::object>> QmpClient::next_event(std::string name) {
  while (true) {
    while (!events_.empty()) {
      auto event = std::move(events_.front());
      events_.pop_front();
      if (text_of(event, "event") != name) continue;
      auto* data = event.if_contains("data");
      co_return data && data->is_object() ? data->get_object() : bj::object{};
    }
    CO_TRY(auto message, co_await read_message());
    if (message.contains("event")) keep(std::move(message));
  }
}

void QmpClient::keep(bj::object message) {
  if (events_.size() == kMaxEvents) events_.pop_front();
  events_.push_back(std::move(message));
}

Task<Result<bj::object>> QmpClient::read_message() {
  std::size_t seen = 0;
  while (true) {
    auto end = buffer_.find('\n', seen);
    if (end != std::string::npos) {
      boost::system::error_code error;
      auto value = bj::parse(std::string_view(buffer_).substr(0, end), error);
      buffer_.erase(0, end + 1);
      if (error || !value.is_object()) co_return fail(broken("a line is not a JSON object"));
      co_return std::move(value.get_object());
    }
    if (buffer_.size() > kMaxLine) co_return fail(broken("a line is too long"));
    seen = buffer_.size();
    char piece[8192];
    auto [error, size] = co_await socket_.async_read_some(boost::asio::buffer(piece),
                                                          boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return fail(broken(error.message()));
    buffer_.append(piece, size);
  }
}

Task<Result<void>> QmpClient::send(std::string line, int fd) {
  std::string_view rest = line;
  while (!rest.empty()) {
    auto count = send_with(socket_.native_handle(), rest, fd);
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
      fd = -1;
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) co_return fail(broken(errno_error("send", errno).detail));
    auto [error] = co_await socket_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                               boost::asio::as_tuple(boost::asio::use_awaitable));
    if (error) co_return fail(broken(error.message()));
  }
  co_return Result<void>{};
}

}  // namespace sandbar::agent
