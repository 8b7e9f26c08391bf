// SPDX-License-Identifier: Apache-2.0
#include "sandbar/chain/chain.h"

#include <sodium/crypto_hash_sha256.h>

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "sandbar/base/strings.h"

namespace sandbar::chain {
namespace {

namespace bj = boost::json;

std::string sha256(std::string_view text) {
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return to_hex(digest);
}

void append(std::string& out, const bj::value& value);

void append(std::string& out, const bj::object& object) {
  std::vector<const bj::key_value_pair*> members;
  for (const auto& member : object) members.push_back(&member);
  std::ranges::sort(members, {}, [](const auto* member) { return std::string_view(member->key()); });
  out += '{';
  for (const auto* member : members) {
    if (member != members.front()) out += ',';
    out += bj::serialize(bj::value(member->key()));
    out += ':';
    append(out, member->value());
  }
  out += '}';
}

void append(std::string& out, const bj::value& value) {
  if (const auto* object = value.if_object()) return append(out, *object);
  const auto* array = value.if_array();
  if (!array) {
    out += bj::serialize(value);
    return;
  }
  out += '[';
  for (const auto& item : *array) {
    if (&item != array->begin()) out += ',';
    append(out, item);
  }
  out += ']';
}

}  // namespace

std::string start() { return std::string(64, '0'); }

std::string canonical(const bj::object& entry) {
  std::string out;
  append(out, entry);
  return out;
}

std::string digest_of(const bj::object& entry) { return sha256(canonical(entry)); }

std::string link(std::string_view previous_hash, std::string_view digest) {
  std::string both(previous_hash);
  return sha256(both += digest);
}

}  // namespace sandbar::chain
