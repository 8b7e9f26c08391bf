// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/file_upload.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "sandbar/base/strings.h"
#include "sandbar/guest/file_writer.h"
#include "sandbar/guest/gzip.h"
#include "sandbar/guest/paths.h"
#include "sandbar/guest/rest.h"
#include "sandbar/guest/signature.h"
#include "sandbar/json/encode.h"

namespace sandbar::guest {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::size_t kWriteInline = 1 << 20;  // after so much the pool's threads do the writing
constexpr std::size_t kDrained = 16 << 20;     // of a refused body, so that the client gets to read why
constexpr std::size_t kMaxMetadataKey = 246, kMaxMetadata = 4096;
constexpr std::size_t kMaxComposed = 10'000;

Result<Metadata> metadata_of(const http::Headers& headers) {
  constexpr std::string_view kPrefix = "x-metadata-";
  auto printable = [](char c) { return c >= ' ' && c < 0x7F; };
  Metadata out;
  std::size_t total = 0;
  for (const auto& [name, value] : headers.entries()) {
    auto key = to_lower(name);
    if (!key.starts_with(kPrefix) || key.size() == kPrefix.size()) continue;
    key.erase(0, kPrefix.size());
    total += key.size() + value.size();
    if (key.size() > kMaxMetadataKey || total > kMaxMetadata)
      return fail(invalid_request("the metadata is too large"));
    if (!std::ranges::all_of(key, printable) || !std::ranges::all_of(value, printable))
      return fail(invalid_request(fmt::format("metadata '{}' is not printable ASCII", to_valid_utf8(key))));
    out[key] = value;
  }
  return out;
}

// One request's way from bytes to files. Used by one thread at a time, not always the same.
class Upload {
 public:
  static Result<std::unique_ptr<Upload>> open(const http::RequestHead& request, Session& session) {
    TRY_VOID(check_file_access(session, request, "write", std::chrono::system_clock::now()));
    TRY(auto user, session.user(request.query("username").value_or("")));
    TRY(auto metadata, metadata_of(request.headers));
    auto path = request.query("path");
    if (path && path->empty()) path.reset();
    auto upload = std::make_unique<Upload>(
        FileWriter(std::move(user), session.default_workdir, path, std::move(metadata)));
    TRY_VOID(upload->choose_form(request.headers, path.has_value()));
    return upload;
  }
  explicit Upload(FileWriter writer) : writer_(std::move(writer)) {}

  Result<void> feed(std::string_view bytes) {
    if (!gunzip_) return take(bytes);
    return gunzip_->feed(bytes, [this](std::string_view plain) { return take(plain); });
  }
  Result<void> finish() {
    if (gunzip_) TRY_VOID(gunzip_->finish());
    return parser_ ? parser_->finish() : writer_.end_part();
  }
  const std::vector<Uploaded>& uploaded() const { return writer_.uploaded(); }

 private:
  Result<void> choose_form(const http::Headers& headers, bool has_path) {
    auto encoding = headers.get("content-encoding");
    if (equals_ignore_case(encoding, "gzip")) {
      gunzip_ = std::make_unique<Gunzip>();
    } else if (!encoding.empty() && !equals_ignore_case(encoding, "identity")) {
      return fail(Error{Errc::unsupported_media_type, "content-encoding must be gzip or identity"});
    }
    auto type = headers.get("content-type");
    if (auto boundary = multipart_boundary(type)) {
      parser_ = std::make_unique<MultipartParser>(*boundary, writer_);
      return {};
    }
    if (!equals_ignore_case(trim(type.substr(0, type.find(';'))), "application/octet-stream"))
      return fail(invalid_request("content-type must be multipart/form-data or application/octet-stream"));
    if (!has_path) return fail(invalid_request("the query parameter path is required"));
    return writer_.begin_part({"file", {}});
  }
  Result<void> take(std::string_view plain) {
    return parser_ ? parser_->feed(plain) : writer_.part_data(plain);
  }

  FileWriter writer_;
  std::unique_ptr<MultipartParser> parser_;
  std::unique_ptr<Gunzip> gunzip_;
};

Task<Result<void>> receive(http::Exchange& exchange, Upload& upload, LazyPool& pool) {
  std::string piece(kPiece, '\0');
  for (std::size_t total = 0;;) {
    CO_TRY(auto n, co_await exchange.read_some(piece));
    if (n == 0) break;
    total += n;
    std::string_view bytes(piece.data(), n);
    if (total <= kWriteInline) {
      CO_TRY_VOID(upload.feed(bytes));
    } else {
      auto fed = co_await pool.get().run([&upload, bytes] { return upload.feed(bytes); });
      CO_TRY_VOID(std::move(fed));
    }
  }
  co_return upload.finish();
}

std::string uploaded_json(const std::vector<Uploaded>& files) {
  std::string out = "[";
  for (const auto& [path, metadata] : files) {
    out += out.size() > 1 ? ",{\"path\":" : "{\"path\":";
    json::append_string(out, path);
    out += ",\"name\":";
    json::append_string(out, base_name_of(path));
    out += R"(,"type":"file")";
    if (!metadata.empty()) {
      out += ",\"metadata\":";
      json::append(out, metadata);
    }
    out += '}';
  }
  return out + "]";
}

Task<void> refuse(http::Exchange& exchange, const Error& error) {
  std::string piece(kPiece, '\0');
  for (std::size_t drained = 0; drained < kDrained;) {
    auto n = co_await exchange.read_some(piece);
    if (!n || *n == 0) break;
    drained += *n;
  }
  co_await exchange.respond(error_response(error));
}

struct ComposeRequest {
  std::vector<std::string> source_paths;
  std::string destination;
  json::Defaulted<std::string> username;
};
BOOST_DESCRIBE_STRUCT(ComposeRequest, (), (source_paths, destination, username))

Result<void> append_file(FileWriter& writer, const std::string& path) {
  proc::Fd file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT)
    return fail(Error{Errc::not_found, fmt::format("path '{}' does not exist", to_valid_utf8(path))});
  if (!file)
    return fail(invalid_request(fmt::format("path '{}': {}", to_valid_utf8(path), std::strerror(errno))));
  std::string piece(kPiece, '\0');
  for (ssize_t n = 0; (n = read(file.get(), piece.data(), piece.size())) != 0;) {
    if (n < 0)
      return fail(invalid_request(fmt::format("path '{}': {}", to_valid_utf8(path), std::strerror(errno))));
    TRY_VOID(writer.part_data({piece.data(), static_cast<std::size_t>(n)}));
  }
  return {};
}

Result<void> compose(FileWriter& writer, const std::vector<std::string>& sources) {
  TRY_VOID(writer.begin_part({"file", {}}));
  for (const auto& source : sources) TRY_VOID(append_file(writer, source));
  TRY_VOID(writer.end_part());
  for (const auto& source : sources)
    if (source != writer.uploaded().front().path) unlink(source.c_str());
  return {};
}

Task<Result<std::string>> composed(http::Exchange& exchange, Session& session, LazyPool& pool) {
  CO_TRY_VOID(check_file_access(session, exchange.request(), "write", std::chrono::system_clock::now()));
  CO_TRY(auto body, co_await exchange.read_all(1 << 20));
  CO_TRY(auto request, json::decode_text<ComposeRequest>(body));
  if (request.source_paths.empty() || request.source_paths.size() > kMaxComposed)
    co_return fail(invalid_request("source_paths must name 1 to 10000 files"));
  CO_TRY(auto user, session.user(request.username.value));
  std::vector<std::string> sources;
  for (const auto& path : request.source_paths) {
    CO_TRY(auto source, session.path(path, user));
    sources.push_back(std::move(source));
  }
  CO_TRY(auto destination, session.path(request.destination, user));
  if (std::ranges::find(sources, destination) != sources.end())
    co_return fail(invalid_request("the destination is one of the sources"));
  FileWriter writer(std::move(user), session.default_workdir, destination, {});
  auto done = co_await pool.get().run([&] { return compose(writer, sources); });
  CO_TRY_VOID(std::move(done));
  auto list = uploaded_json(writer.uploaded());
  co_return list.substr(1, list.size() - 2);
}

}  // namespace

Task<void> upload_files(http::Exchange& exchange, Session& session, LazyPool& pool) {
  auto upload = Upload::open(exchange.request(), session);
  if (!upload) co_return co_await refuse(exchange, upload.error());
  auto received = co_await receive(exchange, **upload, pool);
  if (!received) co_return co_await refuse(exchange, received.error());
  co_await exchange.respond(json_response(200, uploaded_json((*upload)->uploaded())));
}

Task<void> compose_files(http::Exchange& exchange, Session& session, LazyPool& pool) {
  auto result = co_await composed(exchange, session, pool);
  co_await exchange.respond(result ? json_response(200, std::move(*result)) : error_response(result.error()));
}

}  // namespace sandbar::guest
