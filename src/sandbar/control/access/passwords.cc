// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/passwords.h"

#include <sodium.h>

namespace sandbar::control::access {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = 19 << 20;

Result<std::string> hash_now(const Secret& password) {
  char out[crypto_pwhash_STRBYTES];
  const auto& text = password.reveal();
  if (crypto_pwhash_str(out, text.data(), text.size(), kPasses, kMemory) != 0)
    return fail(internal_error("hashing a password: out of memory"));
  return std::string(out);
}

bool verify_now(const std::string& hash, const Secret& password) {
  return crypto_pwhash_str_verify(hash.c_str(), password.reveal().data(), password.reveal().size()) == 0;
}

const std::string& nobodys_hash() {
  static const auto hash = hash_now(Secret("nobody has this password")).value_or("");
  return hash;
}

}  // namespace

Task<Result<std::string>> Passwords::hash(Secret password) {
  co_return co_await pool_.run([password = std::move(password)] { return hash_now(password); });
}

Task<bool> Passwords::verify(std::optional<std::string> hash, Secret password) {
  bool known = hash.has_value();
  auto check = [hash = std::move(hash), password = std::move(password)] {
    return verify_now(hash ? *hash : nobodys_hash(), password);
  };
  bool matches = co_await pool_.run(std::move(check));
  co_return known&& matches;
}

}  // namespace sandbar::control::access
