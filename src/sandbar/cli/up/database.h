// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/up/mark.h"
#include "sandbar/cli/up/service.h"

// The private PostgreSQL cluster: in the state folder, as the system user, reachable over its own unix socket
// only.

namespace sandbar::cli {

// Makes the cluster if there is none, and (again) its configuration.
Task<Result<void>> prepare_cluster(const Layout& layout, proc::Identity identity);
ServiceSpec postgres_service(const Layout& layout, proc::Identity identity);
// Waits until it takes connections, and makes the database if there is none.
Task<Result<void>> await_database(const Layout& layout, proc::Identity identity);
std::string database_url(const Layout& layout);
// The cluster's server process, by PostgreSQL's own note.
std::optional<RunningProcess> find_postmaster(const Layout& layout);

}  // namespace sandbar::cli
