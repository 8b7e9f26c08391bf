// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbar/base/result.h"
#include "sandbar/http/message.h"

// Errors in the Connect protocol's form. Several of our codes share one Connect code, so our own name travels
// beside it, in the header (or stream metadata) `sandbar-error`; foreign clients never look at it.

namespace sandbar::rpc {

inline constexpr std::string_view kErrorHeader = "sandbar-error";

// HTTP status that the protocol prescribes for a Connect code; it differs from our REST statuses. Nothing for
// a name that is not a Connect code.
std::optional<int> http_status_of_connect(std::string_view code);

// {"code":"not_found","message":"…"} with its status and headers.
http::Response error_response(const Error& error);
// {} or {"error":{…},"metadata":{…}}: the last envelope of a stream.
std::string end_of_stream(const Result<void>& outcome);

// What a peer meant by a unary answer that is not 200. Any body is accepted, also a proxy's.
Error error_of_response(const http::ResponseHead& head, std::string_view body);
// Nothing when the stream ended well.
std::optional<Error> error_of_end_of_stream(std::string_view json);

}  // namespace sandbar::rpc
