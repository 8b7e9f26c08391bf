// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/filesystem_json.h"

#include <ctime>

#include "sandbar/base/strings.h"
#include "sandbar/guest/json_scanner.h"
#include "sandbar/json/encode.h"

namespace sandbar::guest {
namespace {

std::string_view type_name(filesystem::FileType type) {
  switch (type) {
    case filesystem::FILE_TYPE_FILE:
      return "FILE_TYPE_FILE";
    case filesystem::FILE_TYPE_DIRECTORY:
      return "FILE_TYPE_DIRECTORY";
    case filesystem::FILE_TYPE_SYMLINK:
      return "FILE_TYPE_SYMLINK";
    default:
      return "FILE_TYPE_UNSPECIFIED";
  }
}

void append_time(std::string& out, const google::protobuf::Timestamp& time) {
  std::tm utc{};
  std::time_t seconds = time.seconds();
  gmtime_r(&seconds, &utc);
  fmt::format_to(std::back_inserter(out), "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z\"",
                 utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                 time.nanos());
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", name);
  json::append_string(out, text);
  out += ',';
}

}  // namespace

void append_entry(std::string& out, const filesystem::EntryInfo& entry) {
  out += '{';
  append_text(out, "name", entry.name());
  append_text(out, "type", type_name(entry.type()));
  append_text(out, "path", entry.path());
  append_text(out, "permissions", entry.permissions());
  append_text(out, "owner", entry.owner());
  append_text(out, "group", entry.group());
  if (entry.has_symlink_target()) append_text(out, "symlinkTarget", entry.symlink_target());
  fmt::format_to(std::back_inserter(out), R"("size":"{}","mode":{},"modifiedTime":)", entry.size(),
                 entry.mode());
  append_time(out, entry.modified_time());
  if (!entry.metadata().empty()) {
    out += ",\"metadata\":{";
    for (const auto& [name, value] : entry.metadata()) {
      json::append_string(out, name);
      out += ':';
      json::append_string(out, value);
      out += ',';
    }
    out.back() = '}';
  }
  out += '}';
}

}  // namespace sandbar::guest

namespace sandbar::rpc {

using guest::JsonScanner;

namespace {

Result<void> check_end(JsonScanner& in, std::string_view text) {
  if (in.finished() && is_utf8(text)) return {};
  return fail(invalid_request("the message is not valid JSON of its type"));
}

}  // namespace

Result<std::string> detail::parse_path_request(std::string_view text) {
  std::string path;
  if (text.empty()) return path;
  JsonScanner in(text);
  in.object([&](std::string_view name) { name == "path" ? in.text(path) : in.skip(); });
  if (auto end = check_end(in, text); !end) return fail(std::move(end).error());
  return path;
}

std::string detail::print_entry_response(const filesystem::EntryInfo& entry) {
  std::string out = R"({"entry":)";
  guest::append_entry(out, entry);
  out += '}';
  return out;
}

Result<filesystem::ListDirRequest> JsonForm<filesystem::ListDirRequest>::parse(std::string_view text) {
  filesystem::ListDirRequest message;
  if (text.empty()) return message;
  JsonScanner in(text);
  std::uint32_t depth = 0;
  in.object([&](std::string_view name) {
    if (name == "path") return void(in.text(*message.mutable_path()));
    if (name == "depth") return void(in.number(depth));
    in.skip();
  });
  if (auto end = check_end(in, text); !end) return fail(std::move(end).error());
  message.set_depth(depth);
  return message;
}

std::string JsonForm<filesystem::ListDirRequest>::print(const filesystem::ListDirRequest& message) {
  return detail::encode_message(Codec::json, message);
}

Result<filesystem::ListDirResponse> JsonForm<filesystem::ListDirResponse>::parse(std::string_view text) {
  filesystem::ListDirResponse message;
  if (auto read = detail::decode_message(Codec::json, text, message); !read)
    return fail(std::move(read).error());
  return message;
}

std::string JsonForm<filesystem::ListDirResponse>::print(const filesystem::ListDirResponse& message) {
  std::string out = R"({"entries":[)";
  for (const auto& entry : message.entries()) {
    guest::append_entry(out, entry);
    out += ',';
  }
  if (out.back() == ',') out.pop_back();
  out += "]}";
  return out;
}

}  // namespace sandbar::rpc
