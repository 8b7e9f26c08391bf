// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/up/layout.h"

// A certificate for development, from an authority that exists on this machine only: whoever trusts the
// authority's file reaches this installation, and nothing else, over HTTPS without a warning.

namespace sandbar::cli {

// Makes what is missing, and renews a certificate that ends soon or is for another domain. `owner` must be
// able to read the key.
Result<void> ensure_certificate(const Layout& layout, const std::string& domain, const proc::Identity& owner);

}  // namespace sandbar::cli
