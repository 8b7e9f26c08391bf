// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sandbar/base/secret.h"
#include "sandbar/http/client.h"
#include "sandbar/json/decode.h"

// The server's /v1 API, as the commands use it. Answers with an error status come back as Error with the
// server's own code and message; a server that cannot be reached as Errc::unavailable with its address.

namespace sandbar::cli {

// Which credential a request carries. Keys, hosts and the audit trail are for a logged-in person, not for an
// API key.
enum class Auth { none, key, session };

struct Credentials {
  std::string url;
  Secret api_key;
  Secret session;       // a token of some hours
  Secret renewal = {};  // what gives the next one when that has run out; each use gives a successor
};

class Api {
 public:
  using Renewed = std::function<void(const Credentials&)>;

  // Renews a session that has run out when a request needs it, and then calls `renewed`.
  static Result<std::unique_ptr<Api>> create(Executor executor, Credentials credentials,
                                             Renewed renewed = {});

  // JSON in, JSON out; an empty answer is null.
  Task<Result<boost::json::value>> get(std::string path, Auth auth = Auth::key);
  Task<Result<boost::json::value>> post(std::string path, boost::json::value body, Auth auth = Auth::key);
  Task<Result<boost::json::value>> put(std::string path, boost::json::value body, Auth auth = Auth::key);
  Task<Result<boost::json::value>> patch(std::string path, boost::json::value body, Auth auth = Auth::key);
  Task<Result<boost::json::value>> remove(std::string path, Auth auth = Auth::key);
  // All items of a paged list, at most `limit`.
  Task<Result<boost::json::array>> list(std::string path, Auth auth = Auth::key, std::size_t limit = 10'000);

  // For bodies that are streamed. An answer with an error status is an error already.
  Task<Result<http::ClientResponsePtr>> open(http::RequestHead head);
  Task<Result<http::ClientRequestPtr>> start(http::RequestHead head);
  Result<http::RequestHead> head(std::string method, std::string path, Auth auth = Auth::key) const;

  const http::Endpoint& endpoint() const { return endpoint_; }
  const std::string& url() const { return credentials_.url; }
  // As the server has given them last.
  const Credentials& credentials() const { return credentials_; }

 private:
  Api(Executor executor, http::Endpoint endpoint, Credentials credentials, Renewed renewed);
  Task<Result<boost::json::value>> call(std::string method, std::string path, boost::json::value body,
                                        Auth auth);
  Task<Result<http::Response>> send(std::string method, std::string path, boost::json::value body, Auth auth);
  bool goes_with_session(Auth auth) const;
  Task<Result<void>> renew();
  Error unreachable(Error error) const;

  Credentials credentials_;
  http::Endpoint endpoint_;
  http::ClientPtr client_;
  Renewed renewed_;
};

// The error that an answer with such a status and body stands for.
Error error_of_answer(int status, std::string_view body);
// Reads the rest of a streamed answer: its error when the status says so.
Task<Result<http::ClientResponsePtr>> checked(http::ClientResponsePtr response);

}  // namespace sandbar::cli
