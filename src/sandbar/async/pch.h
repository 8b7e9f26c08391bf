// SPDX-License-Identifier: Apache-2.0
#pragma once

// The precompiled header of everything above `base`. Only what nearly every unit needs belongs here.

#include <fmt/format.h>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/try.h"
