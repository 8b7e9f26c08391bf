// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/tls_files.h"

#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "sandbar/async/timer.h"
#include "sandbar/base/try.h"
#include "sandbar/log/log.h"

namespace sandbar::control {
namespace {

constexpr std::size_t kMaxFile = 1 << 20;

using Stamp = std::array<std::int64_t, 4>;  // device, inode, size, time of change

Stamp stamp_of(const std::string& path) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return {};
  auto changed = static_cast<std::int64_t>(st.st_mtim.tv_sec) * 1'000'000'000 + st.st_mtim.tv_nsec;
  return {static_cast<std::int64_t>(st.st_dev), static_cast<std::int64_t>(st.st_ino), st.st_size, changed};
}

std::array<Stamp, 2> stamps_of(const TlsFiles& files) {
  return {stamp_of(files.certificate), stamp_of(files.key)};
}

Result<std::string> read_pem(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(errno_error("reading " + path, errno));
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kMaxFile) return fail(invalid_request(path + " is too large"));
  return text;
}

}  // namespace

Result<http::TlsContextPtr> load_tls(const TlsFiles& files) {
  TRY(auto certificate, read_pem(files.certificate));
  TRY(auto key, read_pem(files.key));
  auto context = http::make_server_tls({std::move(certificate), Secret(std::move(key))});
  if (!context)
    return fail(Error{Errc::invalid_request,
                      fmt::format("{} and {} are no certificate and key", files.certificate, files.key),
                      log::describe(context.error())});
  return context;
}

Task<void> follow_tls(TlsFiles files, std::chrono::milliseconds period,
                      std::function<void(http::TlsContextPtr)> changed) {
  auto known = stamps_of(files);
  for (;;) {
    co_await sleep_for(period);
    auto present = stamps_of(files);
    if (present == known) continue;
    known = present;
    auto context = load_tls(files);
    if (!context) {
      log::warn("new certificate not usable", {{"error", context.error()}});
      continue;
    }
    log::info("certificate renewed", {{"file", files.certificate}});
    changed(*std::move(context));
  }
}

}  // namespace sandbar::control
