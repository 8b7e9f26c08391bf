// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/stream.h"

namespace sandbar::http {

// Copies bytes both ways until both directions have ended or one has failed. Half-closing is passed on.
Task<void> splice(ByteStreamPtr a, ByteStreamPtr b);

}  // namespace sandbar::http
