// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/hollow_guest.h"

#include <algorithm>

#include "sandbar/async/event.h"
#include "sandbar/base/strings.h"

namespace sandbar::agent {
namespace {

constexpr std::string_view kAccepted = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr std::string_view kRefused = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n", kLength = "\r\ncontent-length:";

Error closed() { return {Errc::unavailable, "connection failed", "closed"}; }

std::size_t body_length(std::string_view head) {
  auto lower = to_lower(std::string(head));
  auto at = lower.find(kLength);
  if (at == lower.npos) return 0;
  auto value = std::string_view(lower).substr(at + kLength.size());
  return static_cast<std::size_t>(
      std::max<std::int64_t>(0, parse_int(trim(value.substr(0, value.find('\r')))).value_or(0)));
}

class HollowGuest final : public http::ByteStream {
 public:
  explicit HollowGuest(Executor executor) : executor_(executor), changed_(executor) {}

  Task<Result<std::size_t>> write_some(std::string_view bytes) override {
    if (closed_) co_return fail(closed());
    in_ += bytes;
    while (answer_one()) {
    }
    changed_.notify_all();
    co_return bytes.size();
  }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    while (out_.empty() && !closed_) co_await changed_.wait();
    if (out_.empty()) co_return fail(closed());
    auto size = std::min(into.size(), out_.size());
    std::copy_n(out_.data(), size, into.data());
    out_.erase(0, size);
    co_return size;
  }

  Task<void> shut_down() override {
    close();
    co_return;
  }
  void close() override {
    closed_ = true;
    changed_.notify_all();
  }
  bool is_stale() override { return closed_; }
  Executor executor() override { return executor_; }

 private:
  bool answer_one() {
    auto end = in_.find(kHeadEnd);
    if (end == in_.npos) return false;
    auto size = end + kHeadEnd.size() + body_length(std::string_view(in_).substr(0, end + 2));
    if (in_.size() < size) return false;
    out_ += in_.starts_with("POST /init ") ? kAccepted : kRefused;
    in_.erase(0, size);
    return true;
  }

  Executor executor_;
  Event changed_;
  std::string in_, out_;
  bool closed_ = false;
};

}  // namespace

http::ByteStreamPtr make_hollow_guest(Executor executor) {
  return std::make_unique<HollowGuest>(std::move(executor));
}

}  // namespace sandbar::agent
