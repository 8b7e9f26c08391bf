// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "sandbar/http/client.h"
#include "sandbar/http/server.h"

// What a proxy does with a request: passes it on, and the answer back, both ways at once, piece by piece,
// upgrades included. A piece is read only when the one before has been written, so that whoever is slow slows
// the other side down and nobody's memory grows. Half an answer never looks like a whole one.

namespace sandbar::http {

// Without the fields that concern one connection only. An upgrade keeps the two that make it one.
Headers end_to_end(const Headers& headers);
// Asks for another protocol, and has no body that would have to go first.
bool is_upgrade(const Headers& headers);

enum class Forwarded {
  whole,        // the answer is there to its end: finish() sends that
  broken,       // one side has gone in the middle: abort the exchange
  upgraded,     // it was another protocol, and is over
  refused,      // `accept` did not want the answer; the client has heard nothing
  unreachable,  // no answer came; the client has heard nothing
};

// One request on its way. It belongs to the handler of the exchange.
class Forwarding {
 public:
  // Sees the answer's head before the client does, and may change it. False drops the answer.
  using Accept = std::function<bool(ResponseHead&)>;

  Forwarding(Exchange& exchange, Accept accept) : exchange_(exchange), accept_(std::move(accept)) {}

  // `head` is what the server is to see; fields that concern one connection are none of it.
  Task<Forwarded> run(Client& client, RequestHead head);
  // Sends what is left of a whole answer. False if the client has gone.
  Task<bool> finish();
  // After `refused` and `unreachable`: whether the body is still at hand.
  bool may_run_again() const { return body_.has_value(); }
  // Why nothing came, after `unreachable`.
  const Error& failure() const { return failure_; }

 private:
  Task<Forwarded> stream(Client& client, RequestHead head);
  Task<Forwarded> send(Client& client, RequestHead head);
  Task<Result<ClientResponsePtr>> ask(Client& client, RequestHead head);
  Task<Forwarded> pass_on(Task<Result<ClientResponsePtr>> asked);
  Task<Forwarded> take_answer(ClientResponse& response);
  Task<Forwarded> stream_answer(ClientResponse& response, std::string_view early);
  Task<Forwarded> upgrade(ClientResponse& response, ResponseHead head);
  Task<Result<void>> upload(ClientRequest& request);
  Task<void> upload_then_watch(ClientRequest& request);

  Exchange& exchange_;
  Accept accept_;
  std::optional<std::string> body_;  // a small one, read ahead
  std::optional<Response> answer_;   // one that came in a single piece
  Error failure_;
  bool upgrades_ = false;
};

}  // namespace sandbar::http
