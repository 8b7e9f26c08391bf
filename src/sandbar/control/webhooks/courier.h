// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "sandbar/async/task.h"
#include "sandbar/control/webhooks/addresses.h"
#include "sandbar/control/webhooks/types.h"
#include "sandbar/http/tls.h"

// Sends one request to a stranger's server. The name is resolved once, each of its addresses is checked, and
// one of just these is connected to: a name that answers differently the next moment gains nothing. Redirects
// are not followed, certificates are verified, time and what is read of the answer are bounded.

namespace sandbar::control::webhooks {

struct Parcel {
  DeliveryId id;
  std::string url, event, body;
  std::vector<Secret> secrets;  // each signs
};

struct Outcome {
  std::optional<int> status;
  std::string excerpt, error;  // no error: delivered
  std::chrono::milliseconds latency{};

  bool delivered() const { return error.empty(); }
};

// "sha256=…", one for each secret, separated by commas: HMAC-SHA256 over "timestamp.body", hex.
std::string signature_of(const std::vector<Secret>& secrets, std::string_view timestamp,
                         std::string_view body);

class Courier {
 public:
  using Resolve = std::function<Task<Result<std::vector<std::string>>>(std::string host)>;
  struct Options {
    EgressPolicy policy;
    http::TlsContextPtr tls;
    std::chrono::milliseconds timeout{10'000};
    bool allow_http = false;
    Resolve resolve;  // http::resolve_addresses but in tests
  };
  explicit Courier(Options options) : options_(std::move(options)) {}

  const EgressPolicy& policy() const { return options_.policy; }
  Task<Outcome> send(Parcel parcel, Time now) const;

 private:
  Task<Result<void>> attempt(const Parcel& parcel, Time now, Outcome& outcome) const;
  Task<Result<std::vector<std::string>>> checked_addresses(const Url& url) const;

  Options options_;
};

}  // namespace sandbar::control::webhooks
