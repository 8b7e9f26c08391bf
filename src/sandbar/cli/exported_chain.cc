// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/exported_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/chain/chain.h"
#include "sandbar/json/decode.h"

namespace sandbar::cli {
namespace {

template <class Bytes>
bool read_hex(std::string_view hex, Bytes& out) {
  auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != out.size()) return false;
  std::ranges::copy(*bytes, out.begin());
  return true;
}

template <class Bytes>
std::string hex_of(const Bytes& bytes) {
  return to_hex({bytes.data(), bytes.size()});
}

Error not_an_entry() { return invalid_request("this is not a line of an audit export in JSON"); }

}  // namespace

std::string ChainEnd::str() const { return fmt::format("{}:{}", seq, hash); }

Result<ChainEnd> ChainEnd::parse(std::string_view text) {
  auto colon = text.find(':');
  auto seq = parse_int(text.substr(0, colon));
  auto hash = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  if (!seq || *seq < 1 || hash.size() != 64 || !from_hex(hash))
    return fail(invalid_request("expected SEQ:HASH, as `sandbar audit verify` prints it"));
  return ChainEnd{*seq, to_lower(hash)};
}

Result<void> ExportedChain::add_line(std::string_view text) {
  auto value = json::parse(text);
  if (!value || !value->is_object()) return fail(not_an_entry());
  auto& entry = value->get_object();
  const auto* seq = entry.if_contains("seq");
  const auto* hash = entry.if_contains("hash");
  if (!entry.contains("source_ip"))
    return fail(Error{Errc::forbidden, "only owners and admins of the team can check the chain"});
  if (!seq && !hash) return ++waiting_, Result<void>{};
  Sealed sealed;
  if (!seq || !hash || !seq->is_int64() || !hash->is_string() || !read_hex(hash->get_string(), sealed.hash))
    return fail(not_an_entry());
  sealed.seq = seq->get_int64();
  entry.erase("seq");
  entry.erase("hash");
  read_hex(chain::digest_of(entry), sealed.digest);
  sealed_.push_back(sealed);
  return {};
}

ExportedChain::Outcome ExportedChain::check(std::optional<std::int64_t> up_to,
                                            const std::optional<ChainEnd>& expected) {
  std::ranges::sort(sealed_, {}, &Sealed::seq);
  Outcome outcome{.waiting = waiting_};
  ChainEnd head{0, chain::start()};
  bool met = !expected;
  for (const auto& entry : sealed_) {
    if (up_to && entry.seq > *up_to) break;
    if (entry.seq != head.seq + 1) {
      if (up_to || waiting_ == 0 || entry.seq <= head.seq)
        outcome.broken = fmt::format("entry {} is missing", head.seq + 1);
      break;
    }
    auto hash = chain::link(head.hash, hex_of(entry.digest));
    if (hash != hex_of(entry.hash)) {
      outcome.broken = fmt::format("entry {} is not what was sealed", entry.seq);
      break;
    }
    head = {entry.seq, std::move(hash)};
    if (expected && expected->seq == head.seq) met = expected->hash == head.hash;
  }
  outcome.checked = head.seq;
  if (head.seq > 0) outcome.head = head;
  if (!outcome.broken && up_to && head.seq < *up_to)
    outcome.broken = fmt::format("entry {} is missing", head.seq + 1);
  if (!outcome.broken && !met)
    outcome.broken = fmt::format("the chain does not go through {}", expected->str());
  return outcome;
}

}  // namespace sandbar::cli
