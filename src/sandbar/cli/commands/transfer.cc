// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/commands/transfer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"
#include "sandbar/cli/sandbox_ref.h"
#include "sandbar/proc/fd.h"

namespace sandbar::cli {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
using Piece = std::array<char, kPiece>;

// Regular files never block for long; for a pipe, waiting for the other end is what the user asked for.
Result<std::size_t> read_local(int fd, Piece& into, const std::string& name) {
  for (;;) {
    auto got = ::read(fd, into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return fail(errno_error("read " + name, errno));
  }
}

Result<void> write_local(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(errno_error("write " + name, errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Task<Result<http::ClientResponsePtr>> finish(http::ClientRequestPtr request) {
  CO_TRY(auto response, co_await request->finish());
  co_return co_await checked(std::move(response));
}

// A server that refuses answers before it has read all: then its answer is worth more than "broken pipe".
Task<Result<void>> send_pieces(int fd, http::ClientRequestPtr request, Progress& progress) {
  auto piece = std::make_unique<Piece>();
  for (;;) {
    CO_TRY(auto got, read_local(fd, *piece, "the file"));
    if (got == 0) break;
    if (!co_await request->write(std::string_view(piece->data(), got))) break;
    progress.advance(got);
  }
  CO_TRY(auto response, co_await finish(std::move(request)));
  CO_TRY_VOID(co_await response->read_all(1 << 20));
  co_return Result<void>{};
}

Task<Result<void>> receive_pieces(http::ClientResponsePtr response, int fd, Progress& progress) {
  auto piece = std::make_unique<Piece>();
  for (;;) {
    CO_TRY(auto got, co_await response->read_some(*piece));
    if (got == 0) co_return Result<void>{};
    CO_TRY_VOID(write_local(fd, std::string_view(piece->data(), got), "the output"));
    progress.advance(got);
  }
}

}  // namespace

std::string RemoteFiles::url(std::string_view call, const std::string& path) const {
  auto out = fmt::format("{}?path={}", sandbox_path(sandbox, call), percent_encode(path));
  if (!user.empty()) out += "&user=" + percent_encode(user);
  return out;
}

Task<Result<void>> RemoteFiles::upload(std::string local, std::string remote, Progress& progress) {
  proc::Fd file(::open(local.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) co_return fail(errno_error("open " + local, errno));
  CO_TRY(auto head, api.head("PUT", url("/files", remote)));
  if (S_ISREG(status.st_mode)) head.headers.set("Content-Length", fmt::format("{}", status.st_size));
  head.headers.set("Content-Type", "application/octet-stream");
  if (status.st_mode & 0111) executables.push_back(remote);
  CO_TRY(auto request, co_await api.start(std::move(head)));
  co_return co_await send_pieces(file.get(), std::move(request), progress);
}

Task<Result<void>> RemoteFiles::upload_stream(int fd, std::string remote, Progress& progress) {
  CO_TRY(auto head, api.head("PUT", url("/files", remote)));
  head.headers.set("Content-Type", "application/octet-stream");
  CO_TRY(auto request, co_await api.start(std::move(head)));
  co_return co_await send_pieces(fd, std::move(request), progress);
}

Task<Result<void>> RemoteFiles::restore_modes() {
  constexpr std::size_t kAtOnce = 200;
  for (std::size_t begin = 0; begin < executables.size(); begin += kAtOnce) {
    boost::json::array args{"+x", "--"};
    for (auto i = begin; i < std::min(begin + kAtOnce, executables.size()); ++i)
      args.emplace_back(executables[i]);
    boost::json::object command{{"cmd", "chmod"}, {"args", std::move(args)}};
    if (!user.empty()) command["user"] = user;
    CO_TRY_VOID(co_await api.post(sandbox_path(sandbox, "/exec"), std::move(command)));
  }
  co_return Result<void>{};
}

Task<Result<void>> RemoteFiles::download(std::string remote, std::string local, mode_t mode,
                                         Progress& progress) {
  auto temporary = fmt::format("{}.{}.part", local, random_hex(4));
  proc::Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file) co_return fail(errno_error("create " + temporary, errno));
  auto received = co_await download_stream(std::move(remote), file.get(), progress);
  if (received && ::rename(temporary.c_str(), local.c_str()) != 0)
    received = fail(errno_error("rename " + temporary, errno));
  if (!received) ::unlink(temporary.c_str());
  co_return received;
}

Task<Result<void>> RemoteFiles::download_stream(std::string remote, int fd, Progress& progress) {
  CO_TRY(auto head, api.head("GET", url("/files", remote)));
  CO_TRY(auto response, co_await api.open(std::move(head)));
  co_return co_await receive_pieces(std::move(response), fd, progress);
}

Task<Result<std::vector<EntryView>>> RemoteFiles::list(std::string folder) {
  CO_TRY(auto items, co_await api.list(url("/files/list", folder) + "&depth=1", Auth::key, 1'000'000));
  co_return view_of<std::vector<EntryView>>(items);
}

Task<Result<std::optional<EntryView>>> RemoteFiles::stat(std::string path) {
  auto answer = co_await api.get(url("/files/stat", path));
  if (!answer && answer.error().code == Errc::not_found) co_return std::optional<EntryView>();
  if (!answer) co_return fail(std::move(answer).error());
  CO_TRY(auto entry, view_of<EntryView>(*answer));
  co_return std::optional(std::move(entry));
}

Task<Result<void>> RemoteFiles::make_folder(std::string path) {
  boost::json::object body{{"path", path}};
  auto target = sandbox_path(sandbox, "/files/mkdir") + (user.empty() ? "" : "?user=" + percent_encode(user));
  auto made = co_await api.post(target, std::move(body));
  if (!made && made.error().code != Errc::already_exists) co_return fail(std::move(made).error());
  co_return Result<void>{};
}

}  // namespace sandbar::cli
