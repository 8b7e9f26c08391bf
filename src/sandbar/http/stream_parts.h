// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sandbar/http/stream.h"

namespace sandbar::http {

// A stream whose first bytes have been read already: they are read again, then everything goes to `stream`.
ByteStreamPtr prepend(std::string bytes, ByteStreamPtr stream);

// TLS over a stream. Nothing may be read or written before the handshake has succeeded.
class TlsStream : public ByteStream {
 public:
  virtual Task<Result<void>> handshake() = 0;
  // Common name of the peer's verified certificate, or empty.
  virtual std::string peer_name() const = 0;
};

// An interface, so that a program which makes no context needs no OpenSSL (the guest).
class TlsContext {
 public:
  virtual ~TlsContext() = default;
  // The server's side of a connection; `self` is this context.
  virtual std::unique_ptr<TlsStream> serve(ByteStreamPtr stream, TlsContextPtr self) = 0;
};

}  // namespace sandbar::http
