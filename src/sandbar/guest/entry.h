// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem/filesystem.pb.h>
#include <sys/stat.h>

#include <map>
#include <string>

#include "sandbar/base/result.h"
#include "sandbar/guest/accounts.h"

// Files as the protocol describes them. Names that are not UTF-8 are made so for the wire; such a file can be
// listed but not named by a client.

namespace sandbar::guest {

using Entry = filesystem::EntryInfo;

// lstat(2) of `path`, with the target's type and mode for a symbolic link. not_found if nothing is there.
Result<Entry> describe(const std::string& path, Accounts& accounts);

// "drwxr-xr-x", "Lrwxrwxrwx", "dtrwxrwxrwx": all bits of a mode as text.
std::string permissions_text(mode_t mode);

// Extended attributes user.e2b.*, without that prefix.
using Metadata = std::map<std::string, std::string>;
Metadata read_metadata(const std::string& path);
// Replaces the whole set. A filesystem without extended attributes refuses only a set that is not empty.
Result<void> replace_metadata(int fd, const Metadata& metadata);

}  // namespace sandbar::guest
