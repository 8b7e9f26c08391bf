// SPDX-License-Identifier: Apache-2.0

// The first program of a template's boot, /init of the initramfs: loads the virtio modules, mounts the disk,
// makes it the root and becomes the guest program, which comes along in the initramfs: no file of the disk is
// it. It runs once per template (sandboxes are restored, not booted) and depends on nothing but system calls.
// Whatever fails ends it; the kernel panics, QEMU exits, and the build shows the console.

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <initializer_list>

namespace {

constexpr const char* kDisk = "/dev/vda";
constexpr const char* kNewRoot = "/root";
constexpr const char* kGuest = "/sandbar-guest";
constexpr int kDiskWaitMs = 15'000;

void print(const char* text) { (void)!write(STDERR_FILENO, text, strlen(text)); }

[[noreturn]] void die(const char* doing, const char* what) {
  const char* reason = strerrorname_np(errno);
  for (const char* part : {"sandbar init: ", doing, " ", what, ": ", reason ? reason : "?", "\n"})
    print(part);
  _exit(1);
}

void make_directory(const char* path) {
  if (mkdir(path, 0755) != 0 && errno != EEXIST) die("mkdir", path);
}

void mount_at(const char* type, const char* path) {
  make_directory(path);
  if (mount(type, path, type, 0, "") != 0 && errno != EBUSY) die("mount", path);
}

void load_module(const char* path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) die("open", path);
  if (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST) die("load", path);
  close(file);
  unlink(path);  // its page of the initramfs would be in every memory image
}

// "/modules.list" has one path a line, dependencies first.
void load_modules() {
  char list[4096] = {};
  int file = open("/modules.list", O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, list, sizeof list - 1) < 0) die("read", "/modules.list");
  close(file);
  unlink("/modules.list");
  for (char *rest = list, *line; (line = strsep(&rest, "\n"));)
    if (*line) load_module(line);
}

void wait_for_disk() {
  for (int waited = 0; access(kDisk, F_OK) != 0; ++waited) {
    if (waited == kDiskWaitMs) die("wait for", kDisk);
    timespec millisecond{0, 1'000'000};
    nanosleep(&millisecond, nullptr);
  }
}

void move_into_new_root(const char* from, const char* to) {
  if (mount(from, to, nullptr, MS_MOVE, nullptr) != 0) die("move", from);
}

// Needs no path: after the change of root there is none.
int open_guest() {
  int file = open(kGuest, O_PATH | O_CLOEXEC);
  if (file < 0) die("open", kGuest);
  unlink(kGuest);
  return file;
}

void switch_root() {
  make_directory(kNewRoot);
  if (mount(kDisk, kNewRoot, "ext4", MS_NOATIME, "") != 0) die("mount", kDisk);
  move_into_new_root("/dev", "/root/dev");
  move_into_new_root("/proc", "/root/proc");
  move_into_new_root("/sys", "/root/sys");
  unlink("/init");
  if (chdir(kNewRoot) != 0) die("chdir", kNewRoot);
  move_into_new_root(".", "/");
  if (chroot(".") != 0 || chdir("/") != 0) die("chroot", kNewRoot);
}

}  // namespace

int main(int, char**, char** environment) {
  mount_at("devtmpfs", "/dev");
  mount_at("proc", "/proc");
  mount_at("sysfs", "/sys");
  load_modules();
  wait_for_disk();
  int guest = open_guest();
  switch_root();
  char* arguments[] = {const_cast<char*>(kGuest + 1), nullptr};
  execveat(guest, "", arguments, environment, AT_EMPTY_PATH);
  die("execute", kGuest);
}
