// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbar/base/result.h"

// Checks the chain in an export of the audit log without believing the server: feed it the lines, in any
// order, then ask. It keeps about a hundred bytes for each entry.

namespace sandbar::cli {

struct ChainEnd {
  std::int64_t seq = 0;
  std::string hash;

  std::string str() const;  // "12:ab…"
  static Result<ChainEnd> parse(std::string_view text);
};

class ExportedChain {
 public:
  Result<void> add_line(std::string_view json);

  struct Outcome {
    std::optional<ChainEnd> head;           // where the part that holds ends
    std::int64_t checked = 0, waiting = 0;  // entries on the chain, and not yet on it
    std::optional<std::string> broken;      // what is wrong, for people
  };
  // Up to link `up_to`, which the server had reached before the export began; without it, a hole at the end
  // may be entries that were being sealed. `expected` is an end that was written down earlier.
  Outcome check(std::optional<std::int64_t> up_to, const std::optional<ChainEnd>& expected);

 private:
  using Bytes = std::array<char, 32>;
  struct Sealed {
    std::int64_t seq = 0;
    Bytes digest, hash;
  };
  std::vector<Sealed> sealed_;
  std::int64_t waiting_ = 0;
};

}  // namespace sandbar::cli
