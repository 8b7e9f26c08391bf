// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem/filesystem.pb.h>

#include "sandbar/rpc/codec.h"

// Hand-written JSON of the filesystem messages that clients send all the time (process_json.h says why). The
// others go through protobuf's own.

namespace sandbar::rpc {

namespace detail {

Result<std::string> parse_path_request(std::string_view text);

// Requests whose only field is `path`.
template <class M>
struct PathForm {
  static Result<M> parse(std::string_view text) {
    auto path = parse_path_request(text);
    if (!path) return fail(std::move(path).error());
    M message;
    message.set_path(std::move(*path));
    return message;
  }
  static std::string print(const M& message) { return encode_message(Codec::json, message); }
};

std::string print_entry_response(const filesystem::EntryInfo& entry);

// Responses whose only field is `entry`.
template <class M>
struct EntryForm {
  static Result<M> parse(std::string_view text) {
    M message;
    if (auto read = decode_message(Codec::json, text, message); !read) return fail(std::move(read).error());
    return message;
  }
  static std::string print(const M& message) { return print_entry_response(message.entry()); }
};

}  // namespace detail

template <>
struct JsonForm<filesystem::StatRequest> : detail::PathForm<filesystem::StatRequest> {};
template <>
struct JsonForm<filesystem::MakeDirRequest> : detail::PathForm<filesystem::MakeDirRequest> {};
template <>
struct JsonForm<filesystem::RemoveRequest> : detail::PathForm<filesystem::RemoveRequest> {};
template <>
struct JsonForm<filesystem::StatResponse> : detail::EntryForm<filesystem::StatResponse> {};
template <>
struct JsonForm<filesystem::MakeDirResponse> : detail::EntryForm<filesystem::MakeDirResponse> {};
template <>
struct JsonForm<filesystem::MoveResponse> : detail::EntryForm<filesystem::MoveResponse> {};

template <>
struct JsonForm<filesystem::ListDirRequest> {
  static Result<filesystem::ListDirRequest> parse(std::string_view text);
  static std::string print(const filesystem::ListDirRequest& message);
};

template <>
struct JsonForm<filesystem::ListDirResponse> {
  static Result<filesystem::ListDirResponse> parse(std::string_view text);
  static std::string print(const filesystem::ListDirResponse& message);
};

}  // namespace sandbar::rpc

namespace sandbar::guest {

void append_entry(std::string& out, const filesystem::EntryInfo& entry);

}  // namespace sandbar::guest
