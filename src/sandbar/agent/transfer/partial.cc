// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/transfer/partial.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/transfer/chunk.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

constexpr std::chrono::hours kKeepPartials{24};
constexpr std::string_view kIndex = "index.json";

fs::path fetch_folder(const fs::path& state) { return state / "fetch"; }

Result<void> make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail(errno_error("mkdir " + path.string(), error.value()));
  return {};
}

Result<void> settle(const fs::path& path, const IndexEntry& entry) {
  if (entry.kind == EntryKind::link) {
    std::error_code error;
    fs::remove(path, error);
    if (::symlink(entry.target.c_str(), path.c_str()) != 0)
      return fail(errno_error("link " + path.string(), errno));
    return {};
  }
  if (::chmod(path.c_str(), static_cast<mode_t>(entry.mode)) != 0)
    return fail(errno_error("change the mode of " + path.string(), errno));
  return entry.kind == EntryKind::file ? sync_file(path) : sync_directory(path);
}

}  // namespace

PartialTemplate::PartialTemplate(const fs::path& state, TemplateId id)
    : folder_(fetch_folder(state) / id.str()) {}

Result<void> PartialTemplate::prepare(std::string_view index_text, const TransferIndex& index) const {
  auto before = read_file(folder_ / kIndex, kLargestIndex);
  if (!before || *before != index_text) remove();
  TRY_VOID(make_folders(files()));
  TRY_VOID(replace_file(folder_ / kIndex, index_text));
  for (const auto& entry : index.entries) TRY_VOID(lay_out(entry));
  return {};
}

// Links come last, in publish(): until then no path leads through one.
Result<void> PartialTemplate::lay_out(const IndexEntry& entry) const {
  auto path = files() / entry.path;
  std::error_code ignored;
  if (entry.kind == EntryKind::folder) return make_folders(path);
  if (entry.kind == EntryKind::link) return fs::remove(path, ignored), Result<void>{};
  TRY(auto file, open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW));
  if (::ftruncate(file.get(), static_cast<off_t>(entry.size)) != 0)
    return fail(errno_error("size " + path.string(), errno));
  return {};
}

bool PartialTemplate::has(const IndexEntry& entry, const IndexChunk& chunk) const {
  auto file = open_file(files() / entry.path, O_RDONLY | O_NOFOLLOW);
  if (!file || ::lseek(file->get(), static_cast<off_t>(chunk.offset), SEEK_DATA) >= chunk.offset + chunk.size)
    return false;
  auto bytes = read_at(file->get(), chunk.offset, static_cast<std::size_t>(chunk.size));
  return bytes && digest_of(*bytes) == chunk.digest;
}

Result<void> PartialTemplate::put(const IndexEntry& entry, const IndexChunk& chunk,
                                  std::string_view bytes) const {
  TRY(auto file, open_file(files() / entry.path, O_WRONLY | O_NOFOLLOW));
  auto written = write_at(file.get(), chunk.offset, bytes);
  if (!written) return fail(std::move(written).error().with_context("writing " + entry.path));
  return {};
}

Result<void> PartialTemplate::publish(std::string_view index_text, const TransferIndex& index,
                                      const fs::path& into) const {
  for (auto entry = index.entries.rbegin(); entry != index.entries.rend(); ++entry)
    TRY_VOID(settle(files() / entry->path, *entry));
  TRY_VOID(keep_index(files(), index_text));
  TRY_VOID(make_folders(into.parent_path()));
  if (::chmod(files().c_str(), 0755) != 0) return fail(errno_error("change a mode", errno));
  TRY_VOID(rename_durably(files(), into));
  remove();
  return {};
}

void PartialTemplate::remove() const {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void remove_old_partials(const fs::path& state) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fetch_folder(state), error)) {
    auto changed = fs::last_write_time(entry.path() / kIndex, error);
    if (!error && fs::file_time_type::clock::now() - changed < kKeepPartials) continue;
    fs::remove_all(entry.path(), error);
  }
}

}  // namespace sandbar::agent
