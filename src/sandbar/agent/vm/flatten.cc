// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/flatten.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/disk/overlay.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

Result<void> await_success(const JailedProcess& process, int output) {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(process.pidfd.get()), &info, WEXITED) != 0)
    return fail(errno_error("wait for qemu-img", errno));
  if (info.si_code == CLD_EXITED && info.si_status == 0) return {};
  char text[1024] = {};
  if (::pread(output, text, sizeof text - 1, 0) < 0) text[0] = '\0';
  bool full = std::string_view(text).find("No space left") != std::string_view::npos;
  return fail(full ? errno_error("qemu-img", ENOSPC) : internal_error(fmt::format("qemu-img: {}", text)));
}

// `binds` show the chain's files; `target` is made, and removed again on failure.
Result<void> convert(const QemuHost& host, std::uint32_t slot, std::vector<JailBind> binds,
                     const std::vector<std::string>& chain, const fs::path& target) {
  ::unlink(target.c_str());
  TRY(auto file, open_file(target, O_WRONLY | O_CREAT | O_EXCL));
  TRY_VOID(set_owner(target, host.instance.uid(slot), 0600));
  proc::Fd output(::memfd_create("output", MFD_CLOEXEC));
  auto spec = host.jail(slot);
  spec.argv = {host.config.image_tool, "convert", "--image-opts", "-O", "qcow2",
               image_options(chain),   "/flat"};
  spec.binds.insert(spec.binds.end(), binds.begin(), binds.end());
  spec.binds.push_back({host.config.image_tool, host.config.image_tool});
  spec.binds.push_back({target, "/flat", JailBind::Access::write});
  spec.output = output.get();
  auto process = start_jailed(spec);
  auto done = process ? await_success(*process, output.get()) : fail(std::move(process).error());
  if (done && ::fdatasync(file.get()) != 0) done = fail(errno_error("sync " + target.string(), errno));
  if (!done) ::unlink(target.c_str());
  return done;
}

}  // namespace

Result<std::vector<std::string>> flatten_image(const QemuHost& host, std::uint32_t slot,
                                               const fs::path& image, std::vector<std::string> layers) {
  std::vector<std::string> chain;
  for (const auto& layer : layers) chain.push_back("/image/" + layer);
  TRY_VOID(convert(host, slot, {{image, "/image"}}, chain, image / "flat"));
  for (const auto& layer : layers) ::unlink((image / layer).c_str());
  TRY_VOID(rename_durably(image / "flat", image / "disk.0"));
  return std::vector<std::string>{"disk.0"};
}

Result<void> compact_layers(const QemuHost& host, std::uint32_t slot, const fs::path& image,
                            const Manifest& manifest, const SandboxFiles& files) {
  auto flat = files.directory() / "flat";
  TRY_VOID(files.hand_to(host.instance.uid(slot)));
  TRY_VOID(
      convert(host, slot, {{image, "/image"}, {files.directory(), "/own"}}, files.chain(manifest), flat));
  return files.replace_layers(flat);
}

}  // namespace sandbar::agent
