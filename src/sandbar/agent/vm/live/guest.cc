// SPDX-License-Identifier: Apache-2.0

// What runs as /init in the sandboxes of vm_live_test: a static program that needs no root file system. It
// answers one GET per connection on port 49983, or over the serial port, and does what the path says:
//   /health            204
//   /dirty/50          fills 50 MiB of fresh memory with noise; the answer is its hash
//   /hash              that hash, computed again
//   /write/text        writes to the disk, through to the device;   /read   reads it back from the device
//   /size              of the disk, in MiB
//   /way               "port" or "network", by which the request came
//   /reach/1.2.3.4/80  "open", "refused", or "silent"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/if.h>
#include <linux/route.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <initializer_list>

namespace {

constexpr off_t kDiskOffset = 1 << 20;
constexpr size_t kBlock = 4096;
constexpr int kReachMs = 700;

uint64_t* noise = nullptr;
size_t noise_words = 0;
alignas(kBlock) char block[kBlock];

sockaddr_in address_of(const char* ip, int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, ip, &out.sin_addr);
  return out;
}

void load_module(const char* path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST)) perror(path);
  close(file);
}

void load_modules() {
  static char list[4096];
  int file = open("/modules.list", O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, list, sizeof list - 1) < 0) perror("/modules.list");
  close(file);
  for (char *rest = list, *line; (line = strsep(&rest, "\n"));)
    if (*line) load_module(line);
}

void set(int socket, const char* interface, unsigned long what, const char* ip) {
  ifreq request{};
  strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  auto address = address_of(ip, 0);
  memcpy(&request.ifr_addr, &address, sizeof address);
  if (what == SIOCSIFFLAGS) request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(socket, what, &request) != 0) perror(interface);
}

void bring_up_network() {
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  set(s, "lo", SIOCSIFADDR, "127.0.0.1");
  set(s, "eth0", SIOCSIFADDR, "169.254.0.21");
  set(s, "eth0", SIOCSIFNETMASK, "255.255.255.252");
  set(s, "eth0", SIOCSIFFLAGS, "0.0.0.0");
  rtentry route{};
  auto gateway = address_of("169.254.0.22", 0), any = address_of("0.0.0.0", 0);
  memcpy(&route.rt_gateway, &gateway, sizeof gateway);
  memcpy(&route.rt_dst, &any, sizeof any);
  memcpy(&route.rt_genmask, &any, sizeof any);
  route.rt_flags = RTF_UP | RTF_GATEWAY;
  if (ioctl(s, SIOCADDRT, &route) != 0) perror("route");
  close(s);
}

void hash_noise(char* out, size_t size) {
  uint64_t hash = 1469598103934665603u;
  for (size_t i = 0; i < noise_words; ++i) hash = (hash ^ noise[i]) * 1099511628211u;
  snprintf(out, size, "%016lx", hash);
}

void make_noise(size_t mib) {
  noise_words = (mib << 20) / sizeof *noise;
  noise = static_cast<uint64_t*>(
      mmap(nullptr, mib << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  uint64_t x = 88172645463325252u + static_cast<uint64_t>(time(nullptr));
  for (size_t i = 0; i < noise_words; ++i) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    noise[i] = x;
  }
}

const char* write_disk(const char* text) {
  memset(block, 0, sizeof block);
  strncpy(block, text, 64);
  int disk = open("/dev/vda", O_RDWR | O_DIRECT | O_CLOEXEC);
  bool good = pwrite(disk, block, kBlock, kDiskOffset) == static_cast<ssize_t>(kBlock) && fsync(disk) == 0;
  close(disk);
  return good ? "ok" : "failed";
}

void read_disk(char* out, size_t size) {
  int disk = open("/dev/vda", O_RDONLY | O_DIRECT | O_CLOEXEC);
  bool good = pread(disk, block, kBlock, kDiskOffset) == static_cast<ssize_t>(kBlock);
  close(disk);
  snprintf(out, size, "%.64s", good ? block : "failed");
}

void disk_size(char* out, size_t size) {
  int disk = open("/dev/vda", O_RDONLY | O_CLOEXEC);
  snprintf(out, size, "%ld", static_cast<long>(lseek(disk, 0, SEEK_END) >> 20));
  close(disk);
}

const char* reach(const char* ip, int port) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  auto to = address_of(ip, port);
  int error = connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  pollfd wait{s, POLLOUT, 0};
  if (error == EINPROGRESS && poll(&wait, 1, kReachMs) == 1) {
    socklen_t size = sizeof error;
    getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  close(s);
  return error == 0 ? "open" : error == ECONNREFUSED ? "refused" : "silent";
}

void act(const char* path, char* out, size_t size) {
  char word[128] = {};
  int number = 0;
  if (sscanf(path, "/dirty/%d", &number) == 1) make_noise(static_cast<size_t>(number));
  if (number || strcmp(path, "/hash") == 0) return hash_noise(out, size);
  if (sscanf(path, "/reach/%127[^/]/%d", word, &number) == 2) {
    snprintf(out, size, "%s", reach(word, number));
  } else if (sscanf(path, "/write/%127s", word) == 1) {
    snprintf(out, size, "%s", write_disk(word));
  } else if (strcmp(path, "/read") == 0) {
    read_disk(out, size);
  } else if (strcmp(path, "/size") == 0) {
    disk_size(out, size);
  }
}

size_t answer(const char* request, const char* way, char* out, size_t size) {
  char path[256] = {}, body[256] = {};
  if (sscanf(request, "GET %255s", path) != 1) return 0;
  bool health = strcmp(path, "/health") == 0;
  if (!health) act(path, body, sizeof body);
  if (strcmp(path, "/way") == 0) strcpy(body, way);
  return static_cast<size_t>(snprintf(out, size, "HTTP/1.1 %s\r\nConnection: close\r\n\r\n%s",
                                      health ? "204 No Content" : "200 OK", body));
}

void put(int to, const char* bytes, size_t size) {
  if (write(to, bytes, size) != static_cast<ssize_t>(size)) perror("answer");
}

void serve(int client) {
  char request[1024] = {}, out[512];
  if (read(client, request, sizeof request - 1) > 0)
    put(client, out, answer(request, "network", out, sizeof out));
}

// There is one; the kernel finds it a moment after its driver was loaded.
int open_port() {
  for (int i = 0; i < 100; ++i) {
    glob_t found{};
    int port =
        glob("/dev/vport*", 0, nullptr, &found) == 0 ? open(found.gl_pathv[0], O_RDWR | O_CLOEXEC) : -1;
    globfree(&found);
    if (port >= 0) return port;
    usleep(10'000);
  }
  perror("serial port");
  return -1;
}

bool get(int port, unsigned char* bytes, size_t size) {
  for (size_t got = 0; got < size;) {
    auto n = read(port, bytes + got, size - got);
    if (n <= 0) return false;
    got += static_cast<size_t>(n);
  }
  return true;
}

void put_frame(int port, char kind, const char* payload, size_t size) {
  char frame[600] = {kind, static_cast<char>(size), static_cast<char>(size >> 8)};
  memcpy(frame + 3, payload, size);
  frame[3 + size] = 0x5a;
  put(port, frame, 4 + size);
}

// One frame of serial/frames.h, which has a whole request: a hello is sent back; an answer is followed by a
// reset.
void serve_frame(int port) {
  constexpr char kHello = 1, kData = 2, kEnd = 3, kReset = 4;
  unsigned char head[3], rest[4097] = {};
  if (!get(port, head, 1) || !head[0] || !get(port, head + 1, 2)) return;
  size_t size = static_cast<size_t>(head[1] | head[2] << 8);
  if (size >= sizeof rest || !get(port, rest, size + 1) || rest[size] != 0x5a) return;
  auto* payload = reinterpret_cast<char*>(rest);
  payload[size] = 0;
  if (head[0] == kHello) put_frame(port, kHello, payload, size);
  if (head[0] != kData) return;
  char out[512];
  put_frame(port, kData, out, answer(payload, "port", out, sizeof out));
  put_frame(port, kEnd, "", 0);
  put_frame(port, kReset, "", 0);
}

}  // namespace

int main() {
  for (const char* path : {"/dev", "/proc", "/sys"}) mkdir(path, 0755);
  mount("devtmpfs", "/dev", "devtmpfs", 0, "");
  mount("proc", "/proc", "proc", 0, "");
  mount("sysfs", "/sys", "sysfs", 0, "");
  signal(SIGPIPE, SIG_IGN);
  load_modules();
  bring_up_network();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto any = address_of("0.0.0.0", 49983);
  if (bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || listen(listener, 64) != 0)
    perror("listen");
  int port = open_port();
  while (true) {
    pollfd wait[] = {{listener, POLLIN, 0}, {port, POLLIN, 0}};
    poll(wait, 2, -1);
    if (wait[1].revents & POLLIN) serve_frame(port);
    if (!(wait[0].revents & POLLIN)) continue;
    int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    serve(client);
    close(client);
  }
}
