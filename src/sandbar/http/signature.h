// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/result.h"
#include "sandbar/base/secret.h"

// Signed texts, for whoever trusts an authority's certificate: ECDSA with SHA-256. Each kind of text begins
// with words of its own, so that none can be taken for another.

namespace sandbar::http {

Result<std::string> sign_text(const Secret& private_key_pem, std::string_view text);  // DER
// unauthorized unless the key of that certificate signed exactly this text.
Result<void> verify_text(const std::string& certificate_pem, std::string_view text,
                         std::string_view signature);

}  // namespace sandbar::http
