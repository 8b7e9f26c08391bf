// SPDX-License-Identifier: Apache-2.0
#include "sandbar/rpc/codec.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <limits>

#include "sandbar/json/decode.h"

namespace sandbar::rpc::detail {
namespace {

// Protobuf's own reader is lenient (single quotes, trailing commas, bad UTF-8), so the strict one looks
// first.
Result<void> decode_json(std::string_view text, google::protobuf::Message& into) {
  if (text.empty()) return {};
  TRY_VOID(json::parse(text));
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &into, options);
  if (!status.ok())
    return fail(invalid_request("the message does not fit its type", {{"", status.message().as_string()}}));
  return {};
}

}  // namespace

Result<void> decode_message(Codec codec, std::string_view bytes, google::protobuf::Message& into) {
  if (codec == Codec::json) return decode_json(bytes, into);
  bool small = bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (!small || !into.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(invalid_request("the message is not valid protobuf"));
  return {};
}

std::string encode_message(Codec codec, const google::protobuf::Message& message) {
  if (codec == Codec::proto) return message.SerializeAsString();
  std::string text;
  auto status = google::protobuf::util::MessageToJsonString(message, &text);
  return status.ok() ? text : std::string("{}");
}

}  // namespace sandbar::rpc::detail
