// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "sandbar/agent/transfer/peer.h"
#include "sandbar/http/client.h"

// The way to a source's objects: a connection to its port, or through control where that port cannot be
// reached (a host behind NAT). unavailable: worth another try. Everything else is the source's last word.

namespace sandbar::agent {

struct FetchSource {
  HostId host;
  std::string address, cert_fingerprint;  // empty address: only through control
  std::string digest;                     // of the index that control knows of; empty: not known
  std::string grant;
};

class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual Task<Result<std::string>> get(std::string object, std::size_t limit) = 0;
};
using CarrierPtr = std::unique_ptr<Carrier>;

CarrierPtr direct_carrier(Executor executor, const PeerIdentity& identity, const FetchSource& source,
                          TemplateId id);
// `control` must outlive it.
CarrierPtr relayed_carrier(http::Client& control, const PeerIdentity& identity, const FetchSource& source,
                           TemplateId id);

}  // namespace sandbar::agent
