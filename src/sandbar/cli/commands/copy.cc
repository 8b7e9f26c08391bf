// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/commands/transfer.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"

namespace sandbar::cli {
namespace {

namespace fs = std::filesystem;

struct CopyOptions {
  std::vector<std::string> sources;
  std::string target;
  std::string user;
};

// "sb-0b6f:/path", "0b6f:path", or a local path. A local name with a colon is written "./a:b".
struct Place {
  std::string sandbox;
  std::string path;
  bool remote() const { return !sandbox.empty(); }
};

Place place_of(const std::string& text) {
  auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0 || text.find('/') < colon) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.empty() || folder.ends_with('/') ? folder + name : folder + "/" + name;
}

std::string last_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);
}

std::uint64_t size_of_local(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    return fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  std::uint64_t total = 0;
  for (fs::recursive_directory_iterator at(path, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end; at.increment(error))
    if (at->is_regular_file(error)) total += at->file_size(error);
  return total;
}

Task<Result<void>> upload_tree(RemoteFiles& files, fs::path local, std::string remote, Progress& progress) {
  CO_TRY_VOID(co_await files.make_folder(remote));
  std::error_code error;
  for (fs::directory_iterator at(local, error), end; !error && at != end; at.increment(error)) {
    auto target = joined(remote, at->path().filename().string());
    if (at->is_directory(error) && !at->is_symlink(error)) {
      CO_TRY_VOID(co_await upload_tree(files, at->path(), target, progress));
    } else if (at->is_regular_file(error)) {
      CO_TRY_VOID(co_await files.upload(at->path().string(), target, progress));
    } else {
      note("skipped (neither file nor folder): " + printable(at->path().string()));
    }
  }
  if (error) co_return fail(errno_error("reading " + local.string(), error.value()));
  co_return Result<void>{};
}

// Names come from the sandbox, which may lie: nothing may leave the folder.
Result<void> check_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos)
    return fail(Error{Errc::data_loss, fmt::format("the sandbox names a file '{}', which no folder can hold",
                                                   printable(name))});
  return {};
}

// Before the umask, as for any new file.
mode_t mode_of(const EntryView& entry) { return entry.is_executable() ? 0777 : 0666; }

Task<Result<void>> download_tree(RemoteFiles& files, std::string remote, fs::path local, Progress& progress) {
  std::error_code error;
  fs::create_directory(local, error);
  if (error) co_return fail(errno_error("mkdir " + local.string(), error.value()));
  CO_TRY(auto entries, co_await files.list(remote));
  for (const auto& entry : entries) {
    CO_TRY_VOID(check_name(entry.name));
    auto source = joined(remote, entry.name);
    auto target = local / entry.name;
    if (fs::is_symlink(target))
      co_return fail(
          invalid_request(target.string() + " is a symbolic link here; it is not written through"));
    if (entry.is_folder()) {
      CO_TRY_VOID(co_await download_tree(files, source, target, progress));
    } else if (entry.type == "file") {
      CO_TRY_VOID(co_await files.download(source, target.string(), mode_of(entry), progress));
    } else {
      note("skipped (neither file nor folder): " + printable(source));
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> upload_one(RemoteFiles& files, std::string source, std::string target, bool into_folder) {
  if (source == "-") {
    Progress progress(target);
    co_return co_await files.upload_stream(STDIN_FILENO, target, progress);
  }
  std::error_code error;
  auto status = fs::status(source, error);
  if (!fs::exists(status)) co_return fail(not_found("file", source));
  if (into_folder) target = joined(target, last_name(fs::absolute(source).lexically_normal().string()));
  Progress progress(source, size_of_local(source));
  if (fs::is_directory(status)) co_return co_await upload_tree(files, source, target, progress);
  co_return co_await files.upload(source, target, progress);
}

Task<Result<void>> download_one(RemoteFiles& files, std::string source, std::string target,
                                bool into_folder) {
  CO_TRY(auto entry, co_await files.stat(source));
  if (!entry) co_return fail(not_found("file", files.sandbox + ":" + source));
  auto is_folder = entry->is_folder();
  Progress progress(source, is_folder ? 0 : static_cast<std::uint64_t>(entry->size.value_or(0)));
  if (target == "-") {
    if (is_folder) co_return fail(invalid_request("a folder cannot go to standard output"));
    co_return co_await files.download_stream(source, STDOUT_FILENO, progress);
  }
  if (into_folder) target = joined(target, last_name(source));
  if (is_folder) co_return co_await download_tree(files, source, target, progress);
  co_return co_await files.download(source, target, mode_of(*entry), progress);
}

Task<Result<int>> upload_all(Context& context, CopyOptions options, Place target) {
  CO_TRY(auto id, co_await resolve_sandbox(context, target.sandbox));
  CO_TRY(auto* api, context.api());
  RemoteFiles files{*api, id, options.user, {}};
  if (target.path.empty()) target.path = ".";
  CO_TRY(auto entry, co_await files.stat(target.path));
  auto into_folder =
      target.path.ends_with('/') || options.sources.size() > 1 || (entry && entry->is_folder());
  for (const auto& source : options.sources)
    CO_TRY_VOID(co_await upload_one(files, source, target.path, into_folder));
  CO_TRY_VOID(co_await files.restore_modes());
  co_return 0;
}

Task<Result<int>> download_all(Context& context, CopyOptions options) {
  std::error_code error;
  auto into_folder =
      options.target != "-" && (fs::is_directory(options.target, error) || options.sources.size() > 1);
  CO_TRY(auto* api, context.api());
  for (const auto& text : options.sources) {
    auto source = place_of(text);
    CO_TRY(auto id, co_await resolve_sandbox(context, source.sandbox));
    RemoteFiles files{*api, id, options.user, {}};
    CO_TRY_VOID(co_await download_one(files, source.path, options.target, into_folder));
  }
  co_return 0;
}

Task<Result<int>> copy(Context& context, CopyOptions options) {
  options.target = options.sources.back();
  options.sources.pop_back();
  auto target = place_of(options.target);
  std::size_t remote = 0;
  for (const auto& source : options.sources) remote += place_of(source).remote();
  if (target.remote() && remote == 0) co_return co_await upload_all(context, std::move(options), target);
  if (!target.remote() && remote == options.sources.size())
    co_return co_await download_all(context, std::move(options));
  co_return fail(
      invalid_request("cp goes from here to a sandbox or back: cp FILE… sb-…:/path, or cp sb-…:/path FILE"));
}

}  // namespace

void add_copy_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<CopyOptions>();
  auto* command =
      app.add_subcommand("cp", "Copy files and folders: cp FILE… sb-…:/path, or cp sb-…:/path FILE");
  command->add_option("paths", options->sources, "sources and target; - is standard input or output")
      ->required()
      ->expected(2, 1000);
  command->add_option("-u,--user", options->user, "as this user of the sandbox");
  run_when_chosen(command, chosen, options, copy);
}

}  // namespace sandbar::cli
