// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <utility>

#include "sandbar/base/error.h"

// Result<T> is the answer of everything that can fail in a way a caller may want to branch on.
// A function returns `fail(not_found(…))` or a value; callers use TRY / CO_TRY from try.h.

namespace sandbar {

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Error error) { return std::unexpected<Error>(std::move(error)); }

}  // namespace sandbar
