// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "sandbar/async/task.h"
#include "sandbar/http/tls.h"

// The certificate that clients see, from files that whoever renews it replaces while we run.

namespace sandbar::control {

struct TlsFiles {
  std::string certificate, key;  // PEM; the chain follows the certificate
};

Result<http::TlsContextPtr> load_tls(const TlsFiles& files);
// Calls `changed` with each new certificate. Files that do not fit (half replaced, say) are left for later.
Task<void> follow_tls(TlsFiles files, std::chrono::milliseconds period,
                      std::function<void(http::TlsContextPtr)> changed);

}  // namespace sandbar::control
