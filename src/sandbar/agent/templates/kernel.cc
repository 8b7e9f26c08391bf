// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/kernel.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/templates/cpio.h"
#include "sandbar/agent/templates/kernel_image.h"
#include "sandbar/agent/templates/tool.h"
#include "sandbar/agent/vm/boot_files.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/units.h"

namespace sandbar::agent {
namespace {

constexpr std::string_view kMetaPackage = "linux-image-cloud-amd64";
constexpr std::size_t kLargestImage = 64 * kMib, kLargestModule = 16 * kMib, kLargestProgram = 64 * kMib,
                      kLargestArchive = 128 * kMib;

// What microvm's devices need, and overlay for container tools inside a sandbox.
const std::vector<std::string> kModules = {"virtio_mmio",    "virtio_pci", "virtio_blk",     "virtio_net",
                                           "virtio_console", "virtio_rng", "virtio_balloon", "overlay"};

std::string sha256_of(std::string_view bytes) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
             nullptr);
  return to_hex(digest.substr(0, size));
}

// From "Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)" of the meta package.
Result<BootFiles> version_from(std::string_view record) {
  for (auto line : split(record, '\n')) {
    if (!line.starts_with("Depends: linux-image-")) continue;
    auto words = split(line, ' ');
    if (words.size() >= 4 && words[2] == "(=" && words[3].ends_with(')'))
      return BootFiles{std::string(words[1]), std::string(words[3].substr(0, words[3].size() - 1)), {}};
  }
  return fail(internal_error(fmt::format("apt does not say which kernel {} stands for", kMetaPackage)));
}

Task<Result<BootFiles>> wanted_version(std::filesystem::path apt) {
  std::vector<std::string> show{"apt-cache", "show", "--no-all-versions", std::string(kMetaPackage)};
  CO_TRY(auto record, co_await read_tool({.command = apt_command(apt, std::move(show))}));
  co_return version_from(record);
}

bool is_there(const std::filesystem::path& kernel, const BootFiles& wanted) {
  auto have = load_boot_files(kernel);
  return have && have->package == wanted.package && have->version == wanted.version &&
         access((kernel / "vmlinux").c_str(), R_OK) == 0 &&
         access((kernel / "modules.cpio").c_str(), R_OK) == 0;
}

// The first file below `folder` whose name begins with `prefix`.
Result<std::filesystem::path> find_file(const std::filesystem::path& folder, std::string_view prefix) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().filename().string().starts_with(prefix)) return entry.path();
  return fail(not_found("file", (folder / prefix).string()));
}

Task<Result<std::filesystem::path>> unpack_package(KernelPaths paths, std::string package) {
  auto apt = apt_command(paths.apt, {"apt-get", "-q", "download", package});
  CO_TRY(auto ignored, co_await read_tool({.command = apt, .directory = paths.scratch}));
  CO_TRY(auto deb, find_file(paths.scratch, package + "_"));
  auto tree = paths.scratch / "kernel-package";
  CO_TRY_VOID(co_await run_tool({.command = {"dpkg-deb", "-x", deb.string(), tree.string()}}, [](auto) {}));
  co_return tree;
}

// Unpacks with the outside tool straight from file to file: a kernel is 50 MB.
Task<Result<void>> unpack_file(std::filesystem::path packed, std::string_view unpacker,
                               std::filesystem::path to) {
  auto script = fmt::format("exec {} -dc > \"$1\"", unpacker);
  std::vector<std::string> command{"sh", "-c", script, "sh", to.string()};
  co_return co_await run_tool({.command = std::move(command), .input = packed}, [](auto) {});
}

Task<Result<void>> make_vmlinux(std::filesystem::path tree, std::filesystem::path to) {
  CO_TRY(auto image_path, find_file(tree / "boot", "vmlinuz-"));
  CO_TRY(auto image, read_file(image_path, kLargestImage));
  CO_TRY(auto payload, find_payload(image));
  auto packed = to;
  packed += ".packed";
  CO_TRY_VOID(replace_file(packed, payload.bytes));
  co_return co_await unpack_file(packed, payload.unpacker, to);
}

std::string module_name(std::string file_name) {
  auto name = file_name.substr(0, file_name.find(".ko"));
  std::ranges::replace(name, '-', '_');
  return name;
}

// Only those of `folder` that could be wanted are read: thousands of others are not.
Task<Result<std::vector<Module>>> read_modules(std::filesystem::path folder, std::filesystem::path work) {
  static constexpr auto kFolders = std::to_array<std::string_view>(
      {"drivers/virtio", "drivers/block", "drivers/net", "drivers/char", "net/core", "fs/overlayfs"});
  std::vector<Module> modules;
  std::error_code error;
  for (auto part : kFolders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / part, error)) {
      auto file = entry.path();
      if (!file.filename().string().contains(".ko")) continue;
      CO_TRY(auto content, read_file(file, kLargestModule));
      if (auto unpacker = unpacker_of(content); !unpacker.empty()) {
        auto plain = work / (module_name(file.filename()) + ".ko");
        CO_TRY_VOID(co_await unpack_file(file, unpacker, plain));
        CO_TRY(content, read_file(plain, kLargestModule));
        file = plain;
      }
      modules.push_back({module_name(file.filename()), file, module_dependencies(content)});
    }
  }
  co_return modules;
}

Result<std::string> modules_archive(const std::vector<Module>& modules) {
  CpioWriter archive;
  archive.directory("modules");
  std::string list;
  for (const auto& module : modules) {
    TRY(auto content, read_file(module.file, kLargestModule));
    auto path = fmt::format("modules/{}.ko", module.name);
    archive.file(path, 0644, content);
    list += fmt::format("/{}\n", path);
  }
  archive.file("modules.list", 0644, list);
  return std::move(archive).finish();
}

Result<std::string> programs_archive(const KernelPaths& paths) {
  CpioWriter archive;
  TRY(auto init, read_file(paths.init, kLargestProgram));
  TRY(auto guest, read_file(paths.guest, kLargestProgram));
  archive.directory("dev");
  archive.character_device("dev/console", 0600, 5, 1);  // so that the kernel can open init's standard streams
  archive.file("init", 0755, init);
  archive.file("sandbar-guest", 0755, guest);
  return std::move(archive).finish();
}

Task<Result<void>> make_modules(std::filesystem::path tree, KernelPaths paths, std::filesystem::path to) {
  CO_TRY(auto folder, find_file(tree / "lib/modules", ""));
  CO_TRY(auto known, co_await read_modules(folder / "kernel", paths.scratch));
  CO_TRY(auto order, load_order(known, kModules));
  CO_TRY(auto archive, modules_archive(order));
  co_return replace_file(to, archive, 0644);
}

// version.json goes first and comes last: with it, the files belong together.
Result<void> publish(const std::filesystem::path& from, const std::filesystem::path& to,
                     const BootFiles& version) {
  std::error_code error;
  std::filesystem::create_directories(to, error);
  std::filesystem::remove(to / "version.json", error);
  for (const char* name : {"vmlinux", "modules.cpio"}) {
    TRY_VOID(sync_file(from / name));
    TRY_VOID(rename_durably(from / name, to / name));
  }
  return save_boot_files(to, version);
}

}  // namespace

std::vector<std::string> apt_command(const std::filesystem::path& apt, std::vector<std::string> command) {
  std::vector<std::string> options{"-o", fmt::format("Dir::State::lists={}", (apt / "lists").string()),
                                   "-o", fmt::format("Dir::Cache={}", (apt / "cache").string()),
                                   "-o", "APT::Sandbox::User=root"};
  command.insert(command.begin() + 1, options.begin(), options.end());
  return command;
}

Task<Result<void>> update_package_lists(std::filesystem::path apt, std::function<void(std::string)> log) {
  std::error_code error;
  std::filesystem::create_directories(apt / "lists/partial", error);
  std::filesystem::create_directories(apt / "cache/archives/partial", error);
  if (error) co_return fail(errno_error("make " + apt.string(), error.value()));
  auto updated = co_await read_tool({.command = apt_command(apt, {"apt-get", "-q", "update"})});
  if (!updated) log("package lists could not be updated; going on with what is there");
  co_return Result<void>{};
}

Task<Result<void>> make_kernel(KernelPaths paths, std::function<void(std::string)> log) {
  CO_TRY(auto version, co_await wanted_version(paths.apt));
  if (is_there(paths.kernel, version)) co_return put_programs(paths);
  log(fmt::format("fetching kernel {}", version.package));
  CO_TRY(auto tree, co_await unpack_package(paths, version.package));
  log("unpacking the kernel");
  CO_TRY_VOID(co_await make_vmlinux(tree, paths.work / "vmlinux"));
  CO_TRY_VOID(co_await make_modules(tree, paths, paths.work / "modules.cpio"));
  CO_TRY_VOID(publish(paths.work, paths.kernel, version));
  co_return put_programs(paths);
}

// The kernel unpacks archives that follow each other as if they were one.
Result<void> put_programs(const KernelPaths& paths) {
  TRY(auto files, load_boot_files(paths.kernel));
  TRY(auto programs, programs_archive(paths));
  auto digest = sha256_of(programs);
  if (files.programs == digest) return {};
  TRY(auto modules, read_file(paths.kernel / "modules.cpio", kLargestArchive));
  TRY_VOID(replace_file(paths.kernel / "initrd.cpio", modules + programs, 0644));
  files.programs = digest;
  return save_boot_files(paths.kernel, files);
}

}  // namespace sandbar::agent
