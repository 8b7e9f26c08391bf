// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "sandbar/agent/transfer/index.h"
#include "sandbar/base/id.h"

// A template on its way to this host: fetch/tpl-…/ of the state directory. Nothing there counts as a
// template; publish() makes one of it with one rename. What an interrupted fetch has left is used again where
// its bytes are what the index says, whoever wrote them. All calls block.

namespace sandbar::agent {

class PartialTemplate {
 public:
  PartialTemplate(const std::filesystem::path& state, TemplateId id);

  // Files of the right sizes, empty where nothing is known. What belongs to another index is thrown away.
  Result<void> prepare(std::string_view index_text, const TransferIndex& index) const;
  bool has(const IndexEntry& entry, const IndexChunk& chunk) const;
  Result<void> put(const IndexEntry& entry, const IndexChunk& chunk, std::string_view bytes) const;
  // Modes, links, everything durable, and the final name.
  Result<void> publish(std::string_view index_text, const TransferIndex& index,
                       const std::filesystem::path& into) const;
  void remove() const;

  std::filesystem::path files() const { return folder_ / "files"; }

 private:
  Result<void> lay_out(const IndexEntry& entry) const;

  std::filesystem::path folder_;
};

// What fetches that nobody asked for again for a day have left.
void remove_old_partials(const std::filesystem::path& state);

}  // namespace sandbar::agent
