// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/access/sealing.h"

#include <sodium.h>

#include "sandbar/base/check.h"
#include "sandbar/base/random.h"
#include "sandbar/base/strings.h"

namespace sandbar::control::access {
namespace {

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string seal(const Secret& plain, const Secret& key) {
  SANDBAR_CHECK(key.reveal().size() == crypto_secretbox_KEYBYTES);
  const auto nonce = random_bytes(crypto_secretbox_NONCEBYTES);
  std::string box(plain.reveal().size() + crypto_secretbox_MACBYTES, '\0');
  crypto_secretbox_easy(bytes_of(box), bytes_of(plain.reveal()), plain.reveal().size(), bytes_of(nonce),
                        bytes_of(key.reveal()));
  return to_base64(nonce + box);
}

std::optional<Secret> unseal(const std::string& sealed, const Secret& key) {
  SANDBAR_CHECK(key.reveal().size() == crypto_secretbox_KEYBYTES);
  auto raw = from_base64(sealed);
  if (!raw || raw->size() < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES) return std::nullopt;
  const auto nonce = raw->substr(0, crypto_secretbox_NONCEBYTES);
  const auto box = raw->substr(crypto_secretbox_NONCEBYTES);
  std::string plain(box.size() - crypto_secretbox_MACBYTES, '\0');
  if (crypto_secretbox_open_easy(bytes_of(plain), bytes_of(box), box.size(), bytes_of(nonce),
                                 bytes_of(key.reveal())) != 0)
    return std::nullopt;
  return Secret(std::move(plain));
}

}  // namespace sandbar::control::access
