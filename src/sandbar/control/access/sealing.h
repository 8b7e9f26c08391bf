// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "sandbar/base/secret.h"

// Secrets that must be stored and read back: libsodium's secretbox under one of the installation's keys (32
// bytes), as base64 of nonce and box.

namespace sandbar::control::access {

std::string seal(const Secret& plain, const Secret& key);
// Nothing if it was sealed with another key, or is damaged.
std::optional<Secret> unseal(const std::string& sealed, const Secret& key);

}  // namespace sandbar::control::access
