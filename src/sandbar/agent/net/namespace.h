// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "sandbar/base/result.h"
#include "sandbar/proc/fd.h"

// Network namespaces, entered for a moment by the calling thread: use it on a helper thread only, never on
// the event loop's. A socket stays in the namespace that it was made in.

namespace sandbar::agent {

Result<proc::Fd> current_namespace();
// Runs `work` inside; the thread is back home when this returns.
Result<void> inside_namespace(int ns, const std::function<Result<void>()>& work);
// The same in a new one, which is given a name on the file system, so that it lives on without us.
Result<proc::Fd> make_namespace(const std::filesystem::path& name,
                                const std::function<Result<void>(int home)>& work);
void remove_namespace(const std::filesystem::path& name);
// A non-blocking TCP socket inside, connection to the address (host byte order) under way.
Result<proc::Fd> start_connect(int ns, std::uint32_t address, std::uint16_t port);

}  // namespace sandbar::agent
