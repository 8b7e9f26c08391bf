// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/standard_streams.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace sandbar::cli {
namespace {

constexpr std::size_t kPiece = 32 * 1024;

// False when stopped first.
bool wait_for_input(int stopped) {
  pollfd waiting[2] = {{STDIN_FILENO, POLLIN, 0}, {stopped, POLLIN, 0}};
  while (::poll(waiting, 2, -1) < 0 && errno == EINTR) {
  }
  return waiting[1].revents == 0;
}

Result<std::string> read_piece(int stopped) {
  std::string piece(kPiece, '\0');
  for (;;) {
    if (!wait_for_input(stopped)) return std::string();
    auto got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0 && errno == EIO) got = 0;  // the terminal has gone
    if (got < 0) return fail(errno_error("reading standard input", errno));
    piece.resize(static_cast<std::size_t>(got));
    return piece;
  }
}

Result<void> write_piece(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      pollfd waiting{fd, POLLOUT, 0};
      ::poll(&waiting, 1, -1);
      continue;
    }
    if (written < 0 && errno == EPIPE) return fail(Error{Errc::canceled, "nobody reads the output"});
    if (written < 0) return fail(errno_error("writing the output", errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

StandardStreams::StandardStreams() : stopped_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Task<Result<std::string>> StandardStreams::read() {
  co_return co_await reader_.run([stopped = stopped_.get()] { return read_piece(stopped); });
}

Task<Result<void>> StandardStreams::write(int fd, std::string bytes) {
  co_return co_await writer_.run([fd, bytes = std::move(bytes)] { return write_piece(fd, bytes); });
}

void StandardStreams::stop() {
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(stopped_.get(), &one, sizeof one);
}

}  // namespace sandbar::cli
