// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/file_download.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "sandbar/base/strings.h"
#include "sandbar/guest/file_conditions.h"
#include "sandbar/guest/gzip.h"
#include "sandbar/guest/paths.h"
#include "sandbar/guest/rest.h"
#include "sandbar/guest/signature.h"
#include "sandbar/proc/fd.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kPiece = 128 * 1024;
constexpr std::int64_t kReadInline = 1 << 20;  // larger files are read on the pool's threads

struct OpenFile {
  std::string path;
  proc::Fd fd;
  FileFacts facts;
};

Error open_error(std::string_view path, int error) {
  auto name = to_valid_utf8(path);
  if (error == ENOENT || error == ENOTDIR)
    return {Errc::not_found, fmt::format("path '{}' does not exist", name)};
  if (error == ELOOP || error == ENAMETOOLONG)
    return invalid_request(fmt::format("path '{}': {}", name, std::strerror(error)));
  if (error == EACCES || error == EPERM)
    return {Errc::forbidden, fmt::format("path '{}': permission denied", name)};
  if (error == ENXIO) return invalid_request(fmt::format("path '{}' is not a regular file", name));
  return errno_error(name, error);
}

Result<OpenFile> open_file(std::string path) {
  OpenFile file{std::move(path), {}, {}};
  file.fd.reset(open(file.path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  struct stat st{};
  if (!file.fd || fstat(file.fd.get(), &st) != 0) return fail(open_error(file.path, errno));
  if (S_ISDIR(st.st_mode))
    return fail(invalid_request(fmt::format("path '{}' is a directory", to_valid_utf8(file.path))));
  if (!S_ISREG(st.st_mode))
    return fail(invalid_request(fmt::format("path '{}' is not a regular file", to_valid_utf8(file.path))));
  file.facts = {fmt::format("\"{:x}-{:x}-{:x}\"", st.st_ino, st.st_size,
                            st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec),
                st.st_mtim.tv_sec, st.st_size};
  return file;
}

Result<OpenFile> requested_file(const http::RequestHead& request, Session& session) {
  TRY_VOID(check_file_access(session, request, "read", std::chrono::system_clock::now()));
  TRY(auto user, session.user(request.query("username").value_or("")));
  TRY(auto path, session.path(request.query("path").value_or(""), user));
  return open_file(std::move(path));
}

struct MediaType {
  std::string_view extension, type;
};
constexpr auto kMediaTypes = std::to_array<MediaType>({{".css", "text/css; charset=utf-8"},
                                                       {".csv", "text/csv; charset=utf-8"},
                                                       {".gif", "image/gif"},
                                                       {".gz", "application/gzip"},
                                                       {".htm", "text/html; charset=utf-8"},
                                                       {".html", "text/html; charset=utf-8"},
                                                       {".jpeg", "image/jpeg"},
                                                       {".jpg", "image/jpeg"},
                                                       {".js", "text/javascript; charset=utf-8"},
                                                       {".json", "application/json"},
                                                       {".md", "text/markdown; charset=utf-8"},
                                                       {".mjs", "text/javascript; charset=utf-8"},
                                                       {".mp3", "audio/mpeg"},
                                                       {".mp4", "video/mp4"},
                                                       {".pdf", "application/pdf"},
                                                       {".png", "image/png"},
                                                       {".svg", "image/svg+xml"},
                                                       {".tar", "application/x-tar"},
                                                       {".txt", "text/plain; charset=utf-8"},
                                                       {".wasm", "application/wasm"},
                                                       {".webp", "image/webp"},
                                                       {".xml", "text/xml; charset=utf-8"},
                                                       {".zip", "application/zip"}});

std::string_view media_type_of(std::string_view name) {
  auto dot = name.rfind('.');
  if (dot == name.npos) return "application/octet-stream";
  auto found = std::ranges::find(kMediaTypes, to_lower(name.substr(dot)), &MediaType::extension);
  return found == kMediaTypes.end() ? "application/octet-stream" : found->type;
}

std::string disposition_of(std::string_view name) {
  bool plain = std::ranges::all_of(
      name, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != ';'; });
  if (plain) return fmt::format("inline; filename={}", name);
  return fmt::format("inline; filename*=utf-8''{}", percent_encode(to_valid_utf8(name)));
}

http::ResponseHead head_of(const OpenFile& file, const FileAnswer& answer) {
  auto name = base_name_of(file.path);
  http::ResponseHead head{answer.status,
                          {{"Accept-Ranges", "bytes"},
                           {"Content-Disposition", disposition_of(name)},
                           {"ETag", file.facts.etag},
                           {"Last-Modified", http_date(file.facts.modified)},
                           {"Vary", "Accept-Encoding"}}};
  if (answer.status == 200 || answer.status == 206) head.headers.set("Content-Type", media_type_of(name));
  auto [first, length] = answer.range;
  if (answer.status == 206)
    head.headers.set("Content-Range",
                     fmt::format("bytes {}-{}/{}", first, first + length - 1, file.facts.size));
  if (answer.status == 416) head.headers.set("Content-Range", fmt::format("bytes */{}", file.facts.size));
  return head;
}

// At most one piece from `offset`; 0 at the file's end, negative errno on failure.
ssize_t read_piece(int fd, std::string& into, std::int64_t offset, std::int64_t left) {
  into.resize(static_cast<std::size_t>(std::min<std::int64_t>(left, kPiece)));
  ssize_t n;
  do {
    n = pread(fd, into.data(), into.size(), offset);
  } while (n < 0 && errno == EINTR);
  return n < 0 ? -errno : n;
}

// The file may shrink while it is sent: a short answer must then look broken.
Task<Result<void>> send_bytes(http::Exchange& exchange, const OpenFile& file, ByteRange range,
                              LazyPool& pool) {
  std::string piece;
  while (range.length > 0) {
    ssize_t n = 0;
    if (range.length <= kReadInline) {
      n = read_piece(file.fd.get(), piece, range.first, range.length);
    } else {
      n = co_await pool.get().run(
          [&] { return read_piece(file.fd.get(), piece, range.first, range.length); });
    }
    if (n <= 0) co_return fail(internal_error("the file ended early"));
    CO_TRY_VOID(co_await exchange.write({piece.data(), static_cast<std::size_t>(n)}));
    range.first += n;
    range.length -= n;
  }
  co_return Result<void>{};
}

Task<Result<void>> send_compressed(http::Exchange& exchange, const OpenFile& file, LazyPool& pool) {
  Gzip gzip;
  std::string piece, packed;
  TakeBytes collect = [&packed](std::string_view bytes) { return packed.append(bytes), Result<void>{}; };
  ssize_t n = 1;
  for (std::int64_t offset = 0; n > 0 && offset < file.facts.size; offset += n) {
    n = co_await pool.get().run([&] {
      auto got = read_piece(file.fd.get(), piece, offset, file.facts.size - offset);
      if (got > 0 && !gzip.feed({piece.data(), static_cast<std::size_t>(got)}, collect)) return ssize_t{-1};
      return got;
    });
    if (n < 0) co_return fail(internal_error("the file could not be read"));
    if (!packed.empty()) CO_TRY_VOID(co_await exchange.write(packed));
    packed.clear();
  }
  CO_TRY_VOID(gzip.finish(collect));
  co_return co_await exchange.write(packed);
}

Task<Result<void>> send_file(http::Exchange& exchange, const OpenFile& file, LazyPool& pool) {
  const auto& wanted = exchange.request().headers;
  auto answer = answer_for(wanted, file.facts);
  auto head = head_of(file, answer);
  if (answer.status != 200 && answer.status != 206)
    co_return co_await exchange.respond({answer.status, head.headers, {}});
  auto encoding = answer.status == 206 ? Encoding::identity : encoding_for(wanted);
  if (encoding == Encoding::none)
    co_return co_await exchange.respond(
        status_response(406, "no acceptable encoding: gzip and identity are supported"));
  if (encoding == Encoding::gzip && file.facts.size > 0) {
    head.headers.set("Content-Encoding", "gzip");
    CO_TRY_VOID(co_await exchange.start(std::move(head)));
    CO_TRY_VOID(co_await send_compressed(exchange, file, pool));
  } else {
    head.headers.set("Content-Length", fmt::to_string(answer.range.length));
    CO_TRY_VOID(co_await exchange.start(std::move(head)));
    CO_TRY_VOID(co_await send_bytes(exchange, file, answer.range, pool));
  }
  co_return co_await exchange.finish();
}

}  // namespace

Task<void> download_file(http::Exchange& exchange, Session& session, LazyPool& pool) {
  auto file = requested_file(exchange.request(), session);
  if (!file) {
    co_await exchange.respond(error_response(file.error()));
    co_return;
  }
  auto sent = co_await send_file(exchange, *file, pool);
  if (!sent) exchange.abort();
}

}  // namespace sandbar::guest
