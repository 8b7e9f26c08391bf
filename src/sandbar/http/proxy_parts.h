// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "sandbar/http/client.h"
#include "sandbar/http/server.h"

// What only a proxy asks of exchanges, requests and answers. Those of this folder have these parts; a fake
// need not, and then does without trailers, "100 Continue" and long pauses.

namespace sandbar::http {

struct ProxyExchange {
  virtual ~ProxyExchange() = default;
  virtual bool is_secure() const = 0;  // came over TLS
  // The fields behind a chunked request, after its end.
  virtual const Headers& trailers() const = 0;
  // What finish() sends behind the body, if that is chunked.
  virtual void set_trailers(Headers trailers) = 0;
  // For a body that may stall for longer than the server's limit; 0 = for ever.
  virtual void set_body_idle(std::chrono::milliseconds limit) = 0;
};

struct ProxyRequest {
  virtual ~ProxyRequest() = default;
  // What end() sends behind the body, if that is chunked.
  virtual void set_trailers(Headers trailers) = 0;
  // After "Expect: 100-continue": returns when the server wants the body, has answered without it, or has
  // said nothing for `limit`.
  virtual Task<void> wanted(std::chrono::milliseconds limit) = 0;
};

struct ProxyResponse {
  virtual ~ProxyResponse() = default;
  // Whether read_some() would not have to wait, and whether it would say 0.
  virtual bool is_ready() const = 0;
  virtual bool is_done() const = 0;
  virtual const Headers& trailers() const = 0;  // of a chunked body, after its end
};

inline ProxyExchange* proxy_part(Exchange& exchange) { return dynamic_cast<ProxyExchange*>(&exchange); }
inline ProxyRequest* proxy_part(ClientRequest& request) { return dynamic_cast<ProxyRequest*>(&request); }
inline ProxyResponse* proxy_part(ClientResponse& response) { return dynamic_cast<ProxyResponse*>(&response); }

}  // namespace sandbar::http
