// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/api.h"
#include "sandbar/cli/progress.h"
#include "sandbar/cli/views.h"

// Moving files between this machine and a sandbox, piece by piece: memory use does not grow with the file.

namespace sandbar::cli {

// A sandbox's files, as one user of it.
struct RemoteFiles {
  Api& api;
  std::string sandbox;
  std::string user;
  std::vector<std::string> executables;  // uploaded; see restore_modes()

  Task<Result<void>> upload(std::string local, std::string remote, Progress& progress);
  Task<Result<void>> upload_stream(int fd, std::string remote, Progress& progress);
  // The files that were executable here become so there. Once, after all uploads.
  Task<Result<void>> restore_modes();
  // Into a temporary file beside `local`, renamed when complete.
  Task<Result<void>> download(std::string remote, std::string local, mode_t mode, Progress& progress);
  Task<Result<void>> download_stream(std::string remote, int fd, Progress& progress);
  Task<Result<std::vector<EntryView>>> list(std::string folder);
  // Nothing if there is no such file.
  Task<Result<std::optional<EntryView>>> stat(std::string path);
  Task<Result<void>> make_folder(std::string path);

  std::string url(std::string_view call, const std::string& path) const;
};

}  // namespace sandbar::cli
