// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string_view>

namespace sandbar {

// The log line for an exception that left a task; none for nullptr and for cancellation.
void log_escaped(std::string_view name, std::exception_ptr thrown);

}  // namespace sandbar
