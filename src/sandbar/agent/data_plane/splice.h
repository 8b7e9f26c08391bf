// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/stream.h"

namespace sandbar::agent {

// Copies bytes both ways until both directions have ended or one has failed. Half-closing is passed on.
Task<void> splice(http::ByteStreamPtr a, http::ByteStreamPtr b);

}  // namespace sandbar::agent
