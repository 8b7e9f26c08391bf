// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "sandbar/async/task.h"

namespace google::protobuf {
class Message;
}

// Protobuf messages to and from the two encodings of the Connect protocol. Messages on a hot path may have a
// hand-written JSON form: specialise JsonForm<Message> beside the service and include that header where it is
// used.

namespace sandbar::rpc {

enum class Codec { json, proto };

// Specialisations have `static Result<M> parse(std::string_view)` and `static std::string print(const M&)`,
// with proto3 JSON rules (E2B.md section 3.3).
template <class M>
struct JsonForm;

namespace detail {

Result<void> decode_message(Codec codec, std::string_view bytes, google::protobuf::Message& into);
std::string encode_message(Codec codec, const google::protobuf::Message& message);

template <class M>
concept has_json_form = requires(const M& m) { JsonForm<M>::print(m); };

}  // namespace detail

// invalid_request for bytes that are not such a message. An empty JSON body is an empty message.
template <class M>
Result<M> decode(Codec codec, std::string_view bytes) {
  if constexpr (detail::has_json_form<M>)
    if (codec == Codec::json) return JsonForm<M>::parse(bytes);
  M message;
  if (auto read = detail::decode_message(codec, bytes, message); !read) return fail(std::move(read).error());
  return message;
}

template <class M>
std::string encode(Codec codec, const M& message) {
  if constexpr (detail::has_json_form<M>)
    if (codec == Codec::json) return JsonForm<M>::print(message);
  return detail::encode_message(codec, message);
}

}  // namespace sandbar::rpc
