// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/filesystem_service.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"

namespace sandbar::guest {
namespace {

using boost::asio::posix::stream_descriptor;

constexpr std::size_t kEventsPerTurn = 256, kEventsPerPoll = 4096;

// Waits for the watcher's descriptor; false after so much silence.
Task<bool> readable(stream_descriptor& inotify, std::chrono::milliseconds silence) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto first = co_await (inotify.async_wait(stream_descriptor::wait_read, boost::asio::use_awaitable) ||
                         sleep_for(silence));
  co_return first.index() == 0;
}

Result<Entry> described(const std::string& path, Session& session) {
  return describe(path, session.accounts);
}

}  // namespace

void FilesystemService::add_to(rpc::ConnectServer& server) {
  using namespace filesystem;
  using std::bind_front;
  server.unary<StatRequest, StatResponse>("/filesystem.Filesystem/Stat",
                                          bind_front(&FilesystemService::stat, this));
  server.unary<MakeDirRequest, MakeDirResponse>("/filesystem.Filesystem/MakeDir",
                                                bind_front(&FilesystemService::make_dir, this));
  server.unary<MoveRequest, MoveResponse>("/filesystem.Filesystem/Move",
                                          bind_front(&FilesystemService::move, this));
  server.unary<ListDirRequest, ListDirResponse>("/filesystem.Filesystem/ListDir",
                                                bind_front(&FilesystemService::list_dir, this));
  server.unary<RemoveRequest, RemoveResponse>("/filesystem.Filesystem/Remove",
                                              bind_front(&FilesystemService::remove, this));
  server.server_stream<WatchDirRequest, WatchDirResponse>("/filesystem.Filesystem/WatchDir",
                                                          bind_front(&FilesystemService::watch_dir, this));
  server.unary<CreateWatcherRequest, CreateWatcherResponse>(
      "/filesystem.Filesystem/CreateWatcher", bind_front(&FilesystemService::create_watcher, this));
  server.unary<GetWatcherEventsRequest, GetWatcherEventsResponse>(
      "/filesystem.Filesystem/GetWatcherEvents", bind_front(&FilesystemService::watcher_events, this));
  server.unary<RemoveWatcherRequest, RemoveWatcherResponse>(
      "/filesystem.Filesystem/RemoveWatcher", bind_front(&FilesystemService::remove_watcher, this));
}

Result<std::string> FilesystemService::path_for(const rpc::CallContext& call, std::string_view path) {
  TRY(auto user, session_.user_of(call.request));
  return session_.path(path, user);
}

Task<Result<filesystem::StatResponse>> FilesystemService::stat(rpc::CallContext& call,
                                                               filesystem::StatRequest request) {
  CO_TRY(auto path, path_for(call, request.path()));
  CO_TRY(auto entry, described(path, session_));
  filesystem::StatResponse response;
  *response.mutable_entry() = std::move(entry);
  co_return response;
}

Task<Result<filesystem::MakeDirResponse>> FilesystemService::make_dir(rpc::CallContext& call,
                                                                      filesystem::MakeDirRequest request) {
  CO_TRY(auto user, session_.user_of(call.request));
  CO_TRY(auto path, session_.path(request.path(), user));
  CO_TRY_VOID(make_directory(path, user));
  CO_TRY(auto entry, described(path, session_));
  filesystem::MakeDirResponse response;
  *response.mutable_entry() = std::move(entry);
  co_return response;
}

Task<Result<filesystem::MoveResponse>> FilesystemService::move(rpc::CallContext& call,
                                                               filesystem::MoveRequest request) {
  CO_TRY(auto user, session_.user_of(call.request));
  CO_TRY(auto from, session_.path(request.source(), user));
  CO_TRY(auto to, session_.path(request.destination(), user));
  CO_TRY_VOID(move_path(from, to, user));
  CO_TRY(auto entry, described(to, session_));
  filesystem::MoveResponse response;
  *response.mutable_entry() = std::move(entry);
  co_return response;
}

Task<Result<filesystem::ListDirResponse>> FilesystemService::list_dir(rpc::CallContext& call,
                                                                      filesystem::ListDirRequest request) {
  CO_TRY(auto path, path_for(call, request.path()));
  auto depth = request.depth();
  auto listed = co_await pool_.get().run(
      [path, depth, accounts = session_.accounts] { return list_tree(path, depth, accounts); });
  CO_TRY(auto entries, std::move(listed));
  filesystem::ListDirResponse response;
  response.mutable_entries()->Reserve(static_cast<int>(entries.size()));
  for (auto& entry : entries) *response.add_entries() = std::move(entry);
  co_return response;
}

Task<Result<filesystem::RemoveResponse>> FilesystemService::remove(rpc::CallContext& call,
                                                                   filesystem::RemoveRequest request) {
  CO_TRY(auto path, path_for(call, request.path()));
  auto removed = co_await pool_.get().run([path] { return remove_tree(path); });
  CO_TRY_VOID(std::move(removed));
  co_return filesystem::RemoveResponse{};
}

template <class Request>
Result<Watcher> FilesystemService::open_watcher(const rpc::CallContext& call, const Request& request) {
  TRY(auto path, path_for(call, request.path()));
  return Watcher::create({.path = std::move(path),
                          .recursive = request.recursive(),
                          .include_entry = request.include_entry(),
                          .allow_network_mounts = request.allow_network_mounts()});
}

Task<Result<void>> FilesystemService::watch_dir(rpc::CallContext& call, filesystem::WatchDirRequest request,
                                                rpc::StreamWriter<filesystem::WatchDirResponse>& out) {
  if (streams_ >= kMaxStreams) co_return fail(Error{Errc::rate_limited, "too many directories are watched"});
  ++streams_;
  ScopeExit leave([this] { --streams_; });
  CO_TRY(auto watcher, open_watcher(call, request));
  stream_descriptor inotify(co_await boost::asio::this_coro::executor, watcher.fd());
  ScopeExit keep([&] { inotify.release(); });  // the watcher closes it
  filesystem::WatchDirResponse message;
  message.mutable_start();
  CO_TRY_VOID(co_await out.write(message));
  auto seconds = parse_int(call.request.headers.get("keepalive-ping-interval")).value_or(90);
  auto silence = std::chrono::seconds(std::clamp<std::int64_t>(seconds, 1, 3600));
  for (;;) {
    auto events = watcher.drain(session_.accounts, kEventsPerTurn);
    for (auto& event : events) {
      *message.mutable_filesystem() = std::move(event);
      CO_TRY_VOID(co_await out.write(message));
    }
    if (!events.empty()) continue;
    bool more = co_await readable(inotify, silence);
    if (more) continue;
    message.mutable_keepalive();
    CO_TRY_VOID(co_await out.write(message));
  }
}

Task<Result<filesystem::CreateWatcherResponse>> FilesystemService::create_watcher(
    rpc::CallContext& call, filesystem::CreateWatcherRequest request) {
  if (watchers_.size() >= kMaxWatchers)
    co_return fail(Error{Errc::rate_limited, fmt::format("more than {} watchers", kMaxWatchers)});
  CO_TRY(auto watcher, open_watcher(call, request));
  filesystem::CreateWatcherResponse response;
  response.set_watcher_id("w" + random_hex(8));
  watchers_.emplace(response.watcher_id(), std::move(watcher));
  co_return response;
}

Task<Result<filesystem::GetWatcherEventsResponse>> FilesystemService::watcher_events(
    rpc::CallContext&, filesystem::GetWatcherEventsRequest request) {
  auto found = watchers_.find(request.watcher_id());
  if (found == watchers_.end()) co_return fail(not_found("watcher", to_valid_utf8(request.watcher_id())));
  filesystem::GetWatcherEventsResponse response;
  for (auto& event : found->second.drain(session_.accounts, kEventsPerPoll))
    *response.add_events() = std::move(event);
  co_return response;
}

Task<Result<filesystem::RemoveWatcherResponse>> FilesystemService::remove_watcher(
    rpc::CallContext&, filesystem::RemoveWatcherRequest request) {
  if (watchers_.erase(request.watcher_id()) == 0)
    co_return fail(not_found("watcher", to_valid_utf8(request.watcher_id())));
  co_return filesystem::RemoveWatcherResponse{};
}

}  // namespace sandbar::guest
