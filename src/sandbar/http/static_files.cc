// SPDX-License-Identifier: Apache-2.0
#include "sandbar/http/static_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/openssl.h"

namespace sandbar::http {
namespace {

namespace fs = std::filesystem;

struct Type {
  std::string_view extension, content_type;
};
constexpr std::array kTypes{
    Type{".html", "text/html; charset=utf-8"},
    Type{".js", "text/javascript; charset=utf-8"},
    Type{".mjs", "text/javascript; charset=utf-8"},
    Type{".css", "text/css; charset=utf-8"},
    Type{".json", "application/json"},
    Type{".map", "application/json"},
    Type{".webmanifest", "application/manifest+json"},
    Type{".txt", "text/plain; charset=utf-8"},
    Type{".xml", "text/xml; charset=utf-8"},
    Type{".svg", "image/svg+xml"},
    Type{".png", "image/png"},
    Type{".jpg", "image/jpeg"},
    Type{".gif", "image/gif"},
    Type{".webp", "image/webp"},
    Type{".avif", "image/avif"},
    Type{".ico", "image/x-icon"},
    Type{".woff2", "font/woff2"},
    Type{".woff", "font/woff"},
    Type{".ttf", "font/ttf"},
    Type{".wasm", "application/wasm"},
};

std::string content_type_of(std::string_view path) {
  for (const auto& type : kTypes)
    if (path.ends_with(type.extension)) return std::string(type.content_type);
  return "application/octet-stream";
}

constexpr std::size_t kDigestBytes = 12;  // of SHA-256: enough to tell versions apart

std::string etag_of(std::string_view bytes, std::string_view encoding) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  auto hex = to_hex({reinterpret_cast<const char*>(digest), kDigestBytes});
  return encoding.empty() ? fmt::format("\"{}\"", hex) : fmt::format("\"{}-{}\"", hex, encoding);
}

// "/a.js.br" to "/a.js" and "br".
std::pair<std::string_view, std::string_view> split_form(std::string_view path) {
  if (path.ends_with(".br")) return {path.substr(0, path.size() - 3), "br"};
  if (path.ends_with(".gz")) return {path.substr(0, path.size() - 3), "gzip"};
  return {path, ""};
}

bool is_known(std::string_view header, std::string_view etag) {
  for (auto one : split(header, ',')) {
    one = trim(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == etag) return true;
  }
  return false;
}

bool is_zero(std::string_view quality) {
  return quality.starts_with("0") && quality.find_first_not_of("0.") == quality.npos;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

Result<std::string> read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(errno_error("reading " + path.string(), errno));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

bool accepts(std::string_view header, std::string_view wanted) {
  for (auto one : split(header, ',')) {
    auto semicolon = one.find(';');
    auto name = trim(one.substr(0, semicolon));
    if (!equals_ignore_case(name, wanted)) continue;
    auto rest = semicolon == one.npos ? std::string_view() : trim(one.substr(semicolon + 1));
    return !(rest.starts_with("q=") && is_zero(trim(rest.substr(2))));
  }
  return false;
}

std::optional<std::string> file_path(const RequestHead& request) {
  auto path = percent_decode(request.path());
  if (!path || !path->starts_with('/') || !is_utf8(*path)) return std::nullopt;
  for (char c : *path)
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
  for (auto segment : split(*path, '/'))
    if (segment.starts_with('.')) return std::nullopt;
  return path;
}

Result<StaticFiles> StaticFiles::read(const std::string& folder, Limits limits) {
  StaticFiles out;
  std::error_code error;
  std::size_t bytes = 0, files = 0;
  fs::recursive_directory_iterator walk(folder, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    auto status = walk->symlink_status();
    if (is_hidden(walk->path()) && fs::is_directory(status)) walk.disable_recursion_pending();
    if (is_hidden(walk->path()) || !fs::is_regular_file(status)) continue;
    TRY(auto text, read_bytes(walk->path()));
    bytes += text.size();
    if (bytes > limits.bytes || ++files > limits.files)
      return fail(Error{Errc::too_large, folder + " holds more than can be served"});
    out.add("/" + walk->path().lexically_relative(folder).generic_string(), std::move(text));
  }
  if (error) return fail(errno_error("reading " + folder, error.value()));
  // A form of a file that is not there is of no use.
  std::erase_if(out.files_, [](const auto& entry) { return !entry.second.forms.contains(""); });
  return out;
}

void StaticFiles::add(std::string path, std::string bytes) {
  auto [base, encoding] = split_form(path);
  auto& file = files_[std::string(base)];
  file.content_type = content_type_of(base);
  auto etag = etag_of(bytes, encoding);
  file.forms[std::string(encoding)] = {std::string(encoding), std::move(bytes), std::move(etag)};
}

std::string_view StaticFiles::text(std::string_view path) const {
  auto file = files_.find(path);
  if (file == files_.end()) return {};
  auto plain = file->second.forms.find("");
  return plain == file->second.forms.end() ? std::string_view() : plain->second.bytes;
}

const StaticFiles::Form* StaticFiles::choose(const File& file, std::string_view accepted) const {
  for (std::string_view encoding : {"br", "gzip"}) {
    auto form = file.forms.find(encoding);
    if (form != file.forms.end() && accepts(accepted, encoding)) return &form->second;
  }
  auto plain = file.forms.find("");
  return plain == file.forms.end() ? nullptr : &plain->second;
}

std::optional<Response> StaticFiles::answer(const RequestHead& request, std::string_view path) const {
  auto file = files_.find(path);
  if (file == files_.end()) return std::nullopt;
  const auto* form = choose(file->second, request.headers.get("Accept-Encoding"));
  if (!form) return std::nullopt;
  Response out;
  out.headers.set("ETag", form->etag);
  if (file->second.forms.size() > 1) out.headers.set("Vary", "Accept-Encoding");
  if (is_known(request.headers.get("If-None-Match"), form->etag)) {
    out.status = 304;
    return out;
  }
  out.headers.set("Content-Type", file->second.content_type);
  if (!form->encoding.empty()) out.headers.set("Content-Encoding", form->encoding);
  out.body = form->bytes;
  return out;
}

}  // namespace sandbar::http
