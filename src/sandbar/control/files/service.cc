// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/files/service.h"

#include "filesystem/filesystem.pb.h"
#include "sandbar/base/strings.h"

namespace sandbar::control::files {
namespace {

namespace wire = ::filesystem;

constexpr std::size_t kMaxPath = 4096;
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxAnswer = 64 * 1024;

Result<void> check_path(const std::string& path, std::string_view field) {
  std::string_view problem = path.empty()                           ? "must not be empty"
                             : path.size() > kMaxPath               ? "is too long"
                             : path.find('\0') != std::string::npos ? "must not contain a zero byte"
                                                                    : "";
  if (problem.empty()) return {};
  return fail(
      invalid_request(fmt::format("{} {}", field, problem), {{std::string(field), std::string(problem)}}));
}

FileType type_of(wire::FileType type) {
  switch (type) {
    case wire::FILE_TYPE_FILE:
      return FileType::file;
    case wire::FILE_TYPE_DIRECTORY:
      return FileType::directory;
    case wire::FILE_TYPE_SYMLINK:
      return FileType::symlink;
    default:
      return FileType::unknown;
  }
}

FileChange change_of(wire::EventType type) {
  switch (type) {
    case wire::EVENT_TYPE_CREATE:
      return FileChange::create;
    case wire::EVENT_TYPE_WRITE:
      return FileChange::write;
    case wire::EVENT_TYPE_REMOVE:
      return FileChange::remove;
    case wire::EVENT_TYPE_RENAME:
      return FileChange::rename;
    case wire::EVENT_TYPE_CHMOD:
      return FileChange::chmod;
    default:
      return FileChange::unknown;
  }
}

Entry entry_of(const wire::EntryInfo& info) {
  Entry entry{.name = info.name(),
              .type = type_of(info.type()),
              .path = info.path(),
              .size = info.size(),
              .mode = static_cast<int>(info.mode()),
              .permissions = info.permissions(),
              .owner = info.owner(),
              .group = info.group(),
              .metadata = {info.metadata().begin(), info.metadata().end()}};
  if (info.has_modified_time())
    entry.modified_at = Time(std::chrono::seconds(info.modified_time().seconds()) +
                             std::chrono::microseconds(info.modified_time().nanos() / 1000));
  if (info.has_symlink_target()) entry.symlink_target = info.symlink_target();
  return entry;
}

std::string files_path(const Place& place) {
  auto path = "/files?path=" + percent_encode(place.path);
  if (place.user) path += "&username=" + percent_encode(*place.user);
  return path;
}

Task<Result<http::ClientResponsePtr>> accepted(http::ClientResponsePtr answer) {
  auto status = answer->head().status;
  if (status >= 200 && status < 300) co_return answer;
  auto body = co_await answer->read_all(kMaxAnswer);
  co_return fail(guests::error_of_answer(status, body.value_or("")));
}

Task<Result<http::ClientResponsePtr>> accepted(Result<http::ClientResponsePtr> answer) {
  if (!answer) co_return fail(guests::translate_guest_error(std::move(answer).error()));
  co_return co_await accepted(*std::move(answer));
}

}  // namespace

Task<Result<guests::Guest>> FileService::enter(access::Actor actor, const Place& place) {
  if (auto checked = check_path(place.path, "path"); !checked) {
    co_return fail(std::move(checked).error());
  }
  co_return co_await guests_.enter(std::move(actor), place.sandbox, place.user);
}

Task<Result<std::vector<Entry>>> FileService::list(access::Actor actor, Place place, int depth) {
  if (depth < 1 || depth > kMaxDepth)
    co_return fail(
        invalid_request(fmt::format("depth must be 1 to {}", kMaxDepth), {{"depth", "is out of range"}}));
  CO_TRY(auto guest, co_await enter(std::move(actor), place));
  wire::ListDirRequest request;
  request.set_path(place.path);
  request.set_depth(static_cast<std::uint32_t>(depth));
  CO_TRY(auto answer,
         co_await guest.call<wire::ListDirResponse>("/filesystem.Filesystem/ListDir", std::move(request)));
  std::vector<Entry> entries;
  for (const auto& info : answer.entries()) entries.push_back(entry_of(info));
  co_return entries;
}

Task<Result<Entry>> FileService::stat(access::Actor actor, Place place) {
  CO_TRY(auto guest, co_await enter(std::move(actor), place));
  wire::StatRequest request;
  request.set_path(place.path);
  CO_TRY(auto answer,
         co_await guest.call<wire::StatResponse>("/filesystem.Filesystem/Stat", std::move(request)));
  co_return entry_of(answer.entry());
}

Task<Result<Entry>> FileService::make_directory(access::Actor actor, Place place) {
  CO_TRY(auto guest, co_await enter(std::move(actor), place));
  wire::MakeDirRequest request;
  request.set_path(place.path);
  CO_TRY(auto answer,
         co_await guest.call<wire::MakeDirResponse>("/filesystem.Filesystem/MakeDir", std::move(request)));
  co_return entry_of(answer.entry());
}

Task<Result<Entry>> FileService::move(access::Actor actor, Place source, std::string destination) {
  CO_TRY_VOID(check_path(destination, "destination"));
  CO_TRY(auto guest, co_await enter(std::move(actor), source));
  wire::MoveRequest request;
  request.set_source(source.path);
  request.set_destination(destination);
  CO_TRY(auto answer,
         co_await guest.call<wire::MoveResponse>("/filesystem.Filesystem/Move", std::move(request)));
  co_return entry_of(answer.entry());
}

Task<Result<void>> FileService::remove(access::Actor actor, Place place) {
  CO_TRY(auto guest, co_await enter(std::move(actor), place));
  wire::RemoveRequest request;
  request.set_path(place.path);
  CO_TRY(auto answer,
         co_await guest.call<wire::RemoveResponse>("/filesystem.Filesystem/Remove", std::move(request)));
  co_return Result<void>{};
}

Task<Result<Download>> FileService::read(access::Actor actor, Place place, std::string range) {
  CO_TRY(auto guest, co_await enter(std::move(actor), place));
  auto head = guest.request("GET", files_path(place));
  if (!range.empty()) head.headers.set("Range", range);
  CO_TRY(auto answer, co_await accepted(co_await guest.client().send(std::move(head))));
  co_return Download{std::move(guest), std::move(answer)};
}

Task<Result<Upload>> FileService::write(access::Actor actor, Place place,
                                        std::optional<std::uint64_t> length) {
  CO_TRY(auto guest, co_await enter(std::move(actor), place));
  auto head = guest.request("POST", files_path(place));
  head.headers.set("Content-Type", "application/octet-stream");
  if (length) head.headers.set("Content-Length", fmt::format("{}", *length));
  auto content = co_await guest.client().start(std::move(head));
  if (!content) co_return fail(guests::translate_guest_error(std::move(content).error()));
  co_return Upload{std::move(guest), std::move(place), *std::move(content)};
}

Task<Result<Entry>> FileService::finish_upload(Upload upload) {
  CO_TRY(auto answer, co_await accepted(co_await upload.content->finish()));
  CO_TRY_VOID(guests::translated(co_await answer->read_all(kMaxAnswer)));
  wire::StatRequest request;
  request.set_path(upload.place.path);
  CO_TRY(auto found,
         co_await upload.guest.call<wire::StatResponse>("/filesystem.Filesystem/Stat", std::move(request)));
  co_return entry_of(found.entry());
}

Task<Result<Watch>> FileService::watch(access::Actor actor, Place place, bool recursive) {
  CO_TRY(auto entered, co_await enter(std::move(actor), place));
  auto guest = std::make_unique<guests::Guest>(std::move(entered));
  wire::WatchDirRequest request;
  request.set_path(place.path);
  request.set_recursive(recursive);
  request.set_include_entry(true);
  CO_TRY(auto events, co_await guest->stream<wire::WatchDirResponse>("/filesystem.Filesystem/WatchDir",
                                                                     std::move(request)));
  CO_TRY(auto first, co_await events.next());
  if (!first || !first->has_start())
    co_return fail(Error{Errc::agent_error, "the sandbox did not start the watch"});
  co_return Watch(std::move(guest), std::move(events));
}

Watch::Watch(std::unique_ptr<guests::Guest> guest, guests::GuestStream<wire::WatchDirResponse> events)
    : guest_(std::move(guest)),
      events_(std::make_unique<guests::GuestStream<wire::WatchDirResponse>>(std::move(events))) {}
Watch::Watch(Watch&&) noexcept = default;
Watch::~Watch() = default;

Task<Result<std::optional<Change>>> Watch::next() {
  for (;;) {
    CO_TRY(auto message, co_await events_->next());
    if (!message) co_return std::nullopt;
    if (!message->has_filesystem()) continue;
    const auto& event = message->filesystem();
    Change change{event.name(), change_of(event.type()), std::nullopt};
    if (event.has_entry()) change.entry = entry_of(event.entry());
    co_return change;
  }
}

}  // namespace sandbar::control::files
