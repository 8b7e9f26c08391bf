// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/files/routes.h"

#include "sandbar/base/strings.h"
#include "sandbar/control/access/call.h"
#include "sandbar/control/files/api.h"
#include "sandbar/control/guests/sockets.h"

namespace sandbar::control::files {
namespace {

using access::Call;
using enum http::Access;
using namespace boost::asio::experimental::awaitable_operators;

constexpr std::size_t kPiece = 64 * 1024;

Place place_of(SandboxId id, const FileQuery& query) { return {id, query.path, query.user}; }

// Files are anybody's bytes and come from our own origin: they are always a download, never a page.
http::ResponseHead download_head(const http::ResponseHead& guest) {
  http::ResponseHead head{guest.status, {}};
  for (auto name : {"Content-Length", "Content-Range", "Accept-Ranges", "Last-Modified", "ETag"})
    if (guest.headers.has(name)) head.headers.set(name, guest.headers.get(name));
  head.headers.set("Content-Type", "application/octet-stream");
  head.headers.set("Content-Disposition", "attachment");
  head.headers.set("X-Content-Type-Options", "nosniff");
  return head;
}

Task<Result<http::Streamed>> read(FileService& service, Call& call, SandboxId id,
                                  http::Query<FileQuery> query) {
  auto range = std::string(call.request().headers.get("Range"));
  CO_TRY(auto download, co_await service.read(call.actor(), place_of(id, *query), std::move(range)));
  auto& client = call.exchange();
  CO_TRY_VOID(co_await call.start(download_head(download.content->head())));
  std::vector<char> piece(kPiece);
  for (;;) {
    auto got = co_await download.content->read_some(piece);
    if (!got) client.abort();  // a short file must not look like a whole one
    CO_TRY(auto count, std::move(got));
    if (count == 0) break;
    CO_TRY_VOID(co_await client.write({piece.data(), count}));
  }
  CO_TRY_VOID(co_await client.finish());
  co_return http::Streamed{};
}

std::optional<std::uint64_t> announced_length(const http::RequestHead& request) {
  auto length = parse_int(request.headers.get("Content-Length"));
  if (!length || *length < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*length);
}

Task<Result<Entry>> write(FileService& service, Call& call, SandboxId id, http::Query<FileQuery> query,
                          http::RawBody body) {
  CO_TRY(auto upload,
         co_await service.write(call.actor(), place_of(id, *query), announced_length(call.request())));
  std::vector<char> piece(kPiece);
  for (;;) {
    CO_TRY(auto count, co_await body.read_some(piece));
    if (count == 0) break;
    // A guest that refuses half-way has answered already; finish_upload() reads why.
    if (auto sent = co_await upload.content->write({piece.data(), count}); !sent) break;
  }
  co_return co_await service.finish_upload(std::move(upload));
}

Task<Result<http::NoContent>> remove(FileService& service, Call& call, SandboxId id,
                                     http::Query<FileQuery> query) {
  CO_TRY_VOID(co_await service.remove(call.actor(), place_of(id, *query)));
  co_return http::NoContent{};
}

Task<Result<http::Page<Entry>>> list(FileService& service, Call& call, SandboxId id,
                                     http::Query<ListQuery> query) {
  CO_TRY(auto entries, co_await service.list(call.actor(), {id, query->path, query->user}, query->depth));
  http::Page<Entry> page;
  page.items = std::move(entries);
  co_return page;
}

Task<Result<Entry>> stat(FileService& service, Call& call, SandboxId id, http::Query<FileQuery> query) {
  co_return co_await service.stat(call.actor(), place_of(id, *query));
}

Task<Result<http::Created<Entry>>> make_directory(FileService& service, Call& call, SandboxId id,
                                                  http::Query<UserQuery> query,
                                                  MakeDirectoryRequest request) {
  CO_TRY(auto entry,
         co_await service.make_directory(call.actor(), {id, std::move(request.path), query->user}));
  co_return http::Created<Entry>{std::move(entry)};
}

Task<Result<Entry>> move(FileService& service, Call& call, SandboxId id, http::Query<UserQuery> query,
                         MoveRequest request) {
  Place source{id, std::move(request.source), query->user};
  co_return co_await service.move(call.actor(), std::move(source), std::move(request.destination));
}

Task<Result<void>> forward(Watch& watch, http::WebSocket& socket) {
  for (;;) {
    CO_TRY(auto change, co_await watch.next());
    if (!change) co_return Result<void>{};
    ChangeFrame frame;
    frame.name = std::move(change->name);
    frame.event = change->event;
    frame.entry = std::move(change->entry);
    CO_TRY_VOID(co_await guests::send_json(socket, std::move(frame)));
  }
}

Task<Result<http::Conversed>> watch(FileService& service, Call& call, SandboxId id,
                                    http::Query<WatchQuery> query) {
  CO_TRY(auto changes,
         co_await service.watch(call.actor(), {id, query->path, query->user}, query->recursive));
  CO_TRY(auto* socket, co_await call.open_socket());
  CO_TRY_VOID(co_await guests::send_json(*socket, StartedFrame{}));
  auto ended = co_await (forward(changes, *socket) || guests::until_closed(*socket));
  if (ended.index() == 0) CO_TRY_VOID(std::get<0>(std::move(ended)));
  co_return http::Conversed{};
}

constexpr http::ServiceRoute<FileService> kRoutes[] = {
    http::route<&read>("GET", "/v1/sandboxes/{id}/files", team_member, "Download a file, or a range of it"),
    http::route<&write>("PUT", "/v1/sandboxes/{id}/files", team_member, "Upload a file of any size"),
    http::route<&remove>("DELETE", "/v1/sandboxes/{id}/files", team_member, "Remove a file or a directory"),
    http::route<&list>("GET", "/v1/sandboxes/{id}/files/list", team_member, "List a directory"),
    http::route<&stat>("GET", "/v1/sandboxes/{id}/files/stat", team_member, "Show a file's properties"),
    http::route<&make_directory>("POST", "/v1/sandboxes/{id}/files/mkdir", team_member,
                                 "Make a directory and its parents"),
    http::route<&move>("POST", "/v1/sandboxes/{id}/files/move", team_member, "Move or rename a file"),
    http::route<&watch>("GET", "/v1/sandboxes/{id}/files/watch", team_member,
                        "Watch a directory over a WebSocket"),
};

}  // namespace

http::Routes<FileService> routes() { return kRoutes; }

}  // namespace sandbar::control::files
