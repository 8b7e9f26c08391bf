// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbar/base/result.h"

// What a template consists of, for another host: every file below its folder, as a list of chunks. What is
// not listed is a hole. The index's own digest names the whole, so that one short text from control decides
// what every byte of a copy must be. It is made when it is first asked for and kept beside the files, which
// never change.

namespace sandbar::agent {

enum class EntryKind { folder, file, link };
BOOST_DESCRIBE_ENUM(EntryKind, folder, file, link)

struct IndexChunk {
  std::int64_t offset = 0;
  int size = 0;
  std::string digest;
};
BOOST_DESCRIBE_STRUCT(IndexChunk, (), (offset, size, digest))

struct IndexEntry {
  std::string path;  // below the template's folder
  EntryKind kind = EntryKind::file;
  int mode = 0;
  std::int64_t size = 0;
  std::string target;  // of a link
  std::vector<IndexChunk> chunks;
};
BOOST_DESCRIBE_STRUCT(IndexEntry, (), (path, kind, mode, size, target, chunks))

struct TransferIndex {
  int version = 0;
  std::vector<IndexEntry> entries;  // a folder before what is in it, the manifest before everything

  std::int64_t bytes() const;  // of all chunks
};
BOOST_DESCRIBE_STRUCT(TransferIndex, (), (version, entries))

inline constexpr std::size_t kLargestIndex = 64 << 20;

// Reads every byte: blocks for as long as that takes.
Result<TransferIndex> make_index(const std::filesystem::path& folder);
// The text that make_index() leads to, kept as transfer.json in the folder.
Result<std::string> index_text(const std::filesystem::path& folder);
Result<void> keep_index(const std::filesystem::path& folder, std::string_view text);
// Checked: no path leads out of the folder or through a link, sizes are within limits, chunks lie in their
// files. data_loss otherwise.
Result<TransferIndex> parse_index(std::string_view text);

}  // namespace sandbar::agent
