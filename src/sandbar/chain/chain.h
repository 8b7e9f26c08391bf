// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

// A chain of JSON objects, such that one that was changed, removed or added shows. Control seals with it, and
// the command line checks an export without trusting control; docs/adr/0014-audit-chain.md says why it is
// built this way.

namespace sandbar::chain {

// The hash before the first: 64 zeros.
std::string start();
// Keys sorted by their bytes, at every level; no white space; strings escaped as little as JSON allows.
std::string canonical(const boost::json::object& entry);
// SHA-256 of the canonical form, hex.
std::string digest_of(const boost::json::object& entry);
// SHA-256 of both, as hex digits; hex.
std::string link(std::string_view previous_hash, std::string_view digest);

}  // namespace sandbar::chain
