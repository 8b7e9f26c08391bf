// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "sandbar/guest/filesystem_json.h"
#include "sandbar/guest/lazy_pool.h"
#include "sandbar/guest/session.h"
#include "sandbar/guest/tree.h"
#include "sandbar/guest/watcher.h"
#include "sandbar/rpc/connect_server.h"

namespace sandbar::guest {

// filesystem.Filesystem. Paths are resolved for the requesting user; access itself happens with our rights
// and new files are given to the user, as the protocol wants it (README.md).
class FilesystemService {
 public:
  static constexpr std::size_t kMaxWatchers = 64, kMaxStreams = 256;

  FilesystemService(Session& session, LazyPool& pool) : session_(session), pool_(pool) {}
  void add_to(rpc::ConnectServer& server);

 private:
  Task<Result<filesystem::StatResponse>> stat(rpc::CallContext& call, filesystem::StatRequest request);
  Task<Result<filesystem::MakeDirResponse>> make_dir(rpc::CallContext& call,
                                                     filesystem::MakeDirRequest request);
  Task<Result<filesystem::MoveResponse>> move(rpc::CallContext& call, filesystem::MoveRequest request);
  Task<Result<filesystem::ListDirResponse>> list_dir(rpc::CallContext& call,
                                                     filesystem::ListDirRequest request);
  Task<Result<filesystem::RemoveResponse>> remove(rpc::CallContext& call, filesystem::RemoveRequest request);
  Task<Result<void>> watch_dir(rpc::CallContext& call, filesystem::WatchDirRequest request,
                               rpc::StreamWriter<filesystem::WatchDirResponse>& out);
  Task<Result<filesystem::CreateWatcherResponse>> create_watcher(rpc::CallContext& call,
                                                                 filesystem::CreateWatcherRequest request);
  Task<Result<filesystem::GetWatcherEventsResponse>> watcher_events(
      rpc::CallContext& call, filesystem::GetWatcherEventsRequest request);
  Task<Result<filesystem::RemoveWatcherResponse>> remove_watcher(rpc::CallContext& call,
                                                                 filesystem::RemoveWatcherRequest request);

  Result<std::string> path_for(const rpc::CallContext& call, std::string_view path);
  template <class Request>
  Result<Watcher> open_watcher(const rpc::CallContext& call, const Request& request);

  Session& session_;
  LazyPool& pool_;
  std::map<std::string, Watcher> watchers_;
  std::size_t streams_ = 0;
};

}  // namespace sandbar::guest
