// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/control/audit/types.h"

// Entries as lines of a file.

namespace sandbar::control::audit {

enum class ExportFormat { jsonl, csv };
BOOST_DESCRIBE_ENUM(ExportFormat, jsonl, csv)

// How much of an entry its reader may see: where it came from and its place on the chain is for owners and
// admins.
enum class Detail { team, full };

// Empty for JSON lines.
std::string first_line(ExportFormat format);
std::string line_of(const Entry& entry, ExportFormat format, Detail detail);

}  // namespace sandbar::control::audit
