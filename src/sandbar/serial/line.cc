// SPDX-License-Identifier: Apache-2.0
#include "sandbar/serial/line.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <cerrno>

#include "sandbar/async/spawn.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/base/try.h"

namespace sandbar::serial {
namespace {

using boost::asio::posix::stream_descriptor;

// Beyond them the other side of the connection waits.
constexpr std::size_t kMaxUnread = 256 << 10, kMaxUnsent = 64 << 10;
// How often the answerer looks whether there is a caller again. The port itself does not tell.
constexpr std::chrono::milliseconds kLook{100};

std::unexpected<Error> broken() { return fail(Error{Errc::unavailable, "the connection is broken"}); }

std::unexpected<Error> canceled() { return fail(Error{Errc::canceled, "the call was given up"}); }

}  // namespace

// What both the line and the stream hold.
struct Line::Channel {
  explicit Channel(Executor executor) : changed(executor) {}
  std::string unread;
  bool has_ended = false, is_broken = false;
  int given_up = 0;  // how often cancel() was called
  Event changed;
};

class Line::Stream final : public http::ByteStream {
 public:
  Stream(LinePtr line, ChannelPtr channel) : line_(std::move(line)), channel_(std::move(channel)) {}
  ~Stream() override { close(); }

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    auto given_up = channel_->given_up;
    while (channel_->unread.empty()) {
      if (channel_->has_ended) co_return 0u;
      if (channel_->is_broken) co_return broken();
      co_await channel_->changed.wait();
      if (channel_->given_up != given_up) co_return canceled();
    }
    auto size = channel_->unread.copy(into.data(), into.size());
    channel_->unread.erase(0, size);
    line_->read_.notify_all();
    co_return size;
  }

  Task<Result<std::size_t>> write_some(std::string_view bytes) override {
    auto given_up = channel_->given_up;
    for (;;) {
      if (channel_->is_broken) co_return broken();
      if (auto size = line_->send_data(bytes); size > 0 || bytes.empty()) co_return size;
      co_await line_->written_.wait();
      if (channel_->given_up != given_up) co_return canceled();
    }
  }

  Task<void> shut_down() override {
    if (!channel_->is_broken) line_->send(Kind::end);
    co_return;
  }
  void close() override { line_->drop(channel_); }
  void cancel() override {
    ++channel_->given_up;
    channel_->changed.notify_all();
    line_->written_.notify_all();
  }
  bool is_stale() override { return !channel_->unread.empty() || channel_->has_ended || channel_->is_broken; }
  std::string peer_address() const override { return std::string(kPeer); }
  Executor executor() override { return line_->executor_; }

 private:
  LinePtr line_;
  ChannelPtr channel_;
};

Line::Line(Executor executor, proc::Fd port, Accept accept)
    : executor_(executor),
      port_(executor, port.release()),
      accept_(std::move(accept)),
      answered_(executor),
      read_(executor),
      written_(executor),
      waiting_(executor) {
  ::fcntl(port_.native_handle(), F_SETFL, ::fcntl(port_.native_handle(), F_GETFL) | O_NONBLOCK);
}

Line::~Line() = default;

LinePtr Line::start(Executor executor, proc::Fd port, Accept accept) {
  LinePtr line(new Line(executor, std::move(port), std::move(accept)));
  spawn(executor, "receive", receive(line));
  spawn(executor, "transmit", transmit(line));
  return line;
}

Task<Result<http::ByteStreamPtr>> Line::open(std::chrono::milliseconds limit) {
  if (!is_free()) co_return fail(Error{Errc::unavailable, "the line is in use"});
  auto nonce = random_bytes(kNonceBytes);
  auto channel = opening_ = std::make_shared<Channel>(executor_);
  auto stream =
      std::make_unique<Stream>(shared_from_this(), channel);  // gives it up, should this be cancelled
  decoder_.await(nonce);
  asked_ = true;
  if (!in_step_) append_padding(out_);
  send(Kind::hello, nonce);
  auto end = std::chrono::steady_clock::now() + limit;
  while (opening_ == channel) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) co_return fail(Error{Errc::unavailable, "the line is silent"});
    co_await answered_.wait_for(left);
  }
  if (channel->is_broken) co_return broken();
  co_return stream;
}

void Line::close() {
  if (std::exchange(closed_, true)) return;
  break_channel();
  boost::system::error_code ignored;
  port_.close(ignored);
  for (auto* event : {&answered_, &read_, &written_, &waiting_}) event->notify_all();
}

Task<void> Line::wait_until(stream_descriptor::wait_type what) {
  (void)co_await port_.async_wait(what, boost::asio::as_tuple(boost::asio::deferred));
}

// A caller whose machine is gone is at its end. An answerer waits for the next caller.
Task<void> Line::receive(LinePtr self) {
  while (!self->closed_) {
    if (self->channel_ && self->channel_->unread.size() >= kMaxUnread) {
      co_await self->read_.wait();
      continue;
    }
    co_await self->wait_until(stream_descriptor::wait_read);
    if (self->closed_ || self->take_in()) continue;
    if (!self->accept_) co_return self->close();
    self->out_.clear();
    self->break_channel();
    co_await sleep_for(kLook);
  }
}

// False if there is nobody at the other end.
bool Line::take_in() {
  static thread_local std::array<char, 64 << 10> bytes;
  auto size = ::read(port_.native_handle(), bytes.data(), bytes.size());
  if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
  decoder_.feed({bytes.data(), static_cast<std::size_t>(size)});
  while (auto frame = decoder_.next()) handle(*frame);
  return true;
}

void Line::handle(const Frame& frame) {
  if (frame.kind == Kind::hello) return greeted(frame.payload);
  if (!channel_) return;
  if (frame.kind == Kind::data) channel_->unread += frame.payload;
  if (frame.kind == Kind::end) channel_->has_ended = true;
  if (frame.kind == Kind::reset) return break_channel();
  channel_->changed.notify_all();
}

void Line::greeted(std::string_view nonce) {
  if (!accept_) {
    if (!std::exchange(asked_, false)) return;
    in_step_ = true;
    channel_ = std::exchange(opening_, nullptr);
    return answered_.notify_all();
  }
  break_channel();
  send(Kind::hello, nonce);
  channel_ = std::make_shared<Channel>(executor_);
  accept_(std::make_unique<Stream>(shared_from_this(), channel_));
}

void Line::break_channel() {
  for (auto channel : {std::exchange(channel_, nullptr), std::exchange(opening_, nullptr)}) {
    if (!channel) continue;
    channel->is_broken = true;
    channel->changed.notify_all();
  }
  written_.notify_all();
}

// By its owner: the other end is told, if it knows of it.
void Line::drop(const ChannelPtr& channel) {
  channel->is_broken = true;
  channel->changed.notify_all();
  if (opening_ == channel) opening_.reset();
  if (channel_ != channel) return;
  channel_.reset();
  send(Kind::reset);
  read_.notify_all();
  written_.notify_all();
}

void Line::send(Kind kind, std::string_view payload) {
  append_frame(out_, kind, payload);
  flush();
}

std::size_t Line::send_data(std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size() && out_.size() < kMaxUnsent) {
    auto piece = bytes.substr(sent, kMaxPayload);
    append_frame(out_, Kind::data, piece);
    sent += piece.size();
  }
  flush();
  return sent;
}

// What cannot be written now is left to transmit(). That nobody is there shows when reading.
void Line::flush() {
  std::size_t done = 0;
  while (!closed_ && done < out_.size()) {
    auto size = ::write(port_.native_handle(), out_.data() + done, out_.size() - done);
    if (size <= 0 && errno == EAGAIN) break;
    if (size <= 0 && errno != EINTR) return out_.clear();
    if (size > 0) done += static_cast<std::size_t>(size);
  }
  out_.erase(0, done);
  if (!out_.empty()) waiting_.notify_all();
  if (done > 0) written_.notify_all();
}

Task<void> Line::transmit(LinePtr self) {
  while (!self->closed_) {
    while (self->out_.empty() && !self->closed_) co_await self->waiting_.wait();
    if (self->closed_) co_return;
    co_await self->wait_until(stream_descriptor::wait_write);
    auto before = self->out_.size();
    self->flush();
    if (self->out_.size() == before && before > 0) co_await sleep_for(kLook);
  }
}

}  // namespace sandbar::serial
