// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/guest/entry.h"
#include "sandbar/guest/multipart.h"
#include "sandbar/guest/session.h"
#include "sandbar/proc/fd.h"

// Writes uploaded content into place. A file is opened (truncated in place, as watchers and hard links
// expect) only once its first 64 KiB or all of it have arrived, and one that we made is removed again if its
// upload fails.

namespace sandbar::guest {

struct Uploaded {
  std::string path;
  Metadata metadata;
};

class FileWriter final : public MultipartSink {
 public:
  FileWriter(User user, std::string workdir, std::optional<std::string> fixed_path, Metadata metadata)
      : user_(std::move(user)),
        workdir_(std::move(workdir)),
        fixed_path_(std::move(fixed_path)),
        metadata_(std::move(metadata)) {}
  FileWriter(FileWriter&&) = default;
  ~FileWriter() override;

  // Parts that are not named "file" are skipped.
  Result<void> begin_part(const Part& part) override;
  Result<void> part_data(std::string_view bytes) override;
  Result<void> end_part() override;

  const std::vector<Uploaded>& uploaded() const { return uploaded_; }

 private:
  static constexpr std::size_t kHeldBack = 64 * 1024;
  Result<void> open_file();
  Result<void> write_all(std::string_view bytes);

  User user_;
  std::string workdir_;
  std::optional<std::string> fixed_path_;
  Metadata metadata_;
  std::string path_;  // of the part at hand; empty while skipping
  std::string held_;
  proc::Fd file_;
  bool made_ = false;
  std::vector<Uploaded> uploaded_;
};

}  // namespace sandbar::guest
