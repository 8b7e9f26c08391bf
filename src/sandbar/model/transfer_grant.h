// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "sandbar/base/clock.h"
#include "sandbar/base/id.h"
#include "sandbar/base/result.h"

// Control's word that one host may read one template of another, for a short time. Control signs text(), the
// source verifies it with the authority's certificate that it has anyway, and compares it with what is asked
// for and who asks: nobody has to be called, and nothing is stored.

namespace sandbar {

struct TransferGrant {
  TemplateId template_id;
  HostId source, target;
  std::string target_fingerprint;  // of the certificate that the target must show
  Time expires_at{};

  // What is signed.
  std::string text() const;
  // What travels: text and signature.
  static std::string encode(std::string_view text, std::string_view signature);
};

struct SignedGrant {
  TransferGrant grant;
  std::string text, signature;
};
// unauthorized for anything but a well-formed grant; the signature is the caller's to verify.
Result<SignedGrant> decode_grant(std::string_view encoded);

}  // namespace sandbar
