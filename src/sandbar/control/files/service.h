// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/files/types.h"
#include "sandbar/control/guests/service.h"

namespace filesystem {
class WatchDirResponse;
}

// Files inside running sandboxes. Contents are streamed and never held whole; what a path means is decided by
// the guest, with the rights of the user that is asked for.

namespace sandbar::control::files {

// A file on its way out. The head has the length, and the range if one was asked for.
struct Download {
  guests::Guest guest;
  http::ClientResponsePtr content;
};

// A file on its way in. Nothing of it is seen in the sandbox until finish_upload() has been told to end it.
struct Upload {
  guests::Guest guest;
  Place place;
  http::ClientRequestPtr content;
};

class Watch {
 public:
  Watch(std::unique_ptr<guests::Guest> guest, guests::GuestStream<::filesystem::WatchDirResponse> events);
  Watch(Watch&&) noexcept;
  ~Watch();
  // The next change; nothing when the watch has ended.
  Task<Result<std::optional<Change>>> next();

 private:
  std::unique_ptr<guests::Guest> guest_;
  std::unique_ptr<guests::GuestStream<::filesystem::WatchDirResponse>> events_;
};

class FileService {
 public:
  explicit FileService(guests::GuestService& guests) : guests_(guests) {}

  Task<Result<std::vector<Entry>>> list(access::Actor actor, Place place, int depth);
  Task<Result<Entry>> stat(access::Actor actor, Place place);
  Task<Result<Entry>> make_directory(access::Actor actor, Place place);
  Task<Result<Entry>> move(access::Actor actor, Place source, std::string destination);
  // A directory goes with all that is in it; a path that is not there is a success.
  Task<Result<void>> remove(access::Actor actor, Place place);
  // `range` is the value of a Range header, or empty.
  Task<Result<Download>> read(access::Actor actor, Place place, std::string range);
  // `length` in bytes, if the client said it.
  Task<Result<Upload>> write(access::Actor actor, Place place, std::optional<std::uint64_t> length);
  Task<Result<Entry>> finish_upload(Upload upload);
  Task<Result<Watch>> watch(access::Actor actor, Place place, bool recursive);

 private:
  Task<Result<guests::Guest>> enter(access::Actor actor, const Place& place);
  guests::GuestService& guests_;
};

}  // namespace sandbar::control::files
