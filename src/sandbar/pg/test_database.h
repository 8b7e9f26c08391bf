// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sandbar/pg/database.h"

// PostgreSQL for tests. The first use in a test program starts a private cluster below /tmp (unix socket
// only, no fsync; as user `postgres` when the tests run as root), which ends with the program.
// SANDBAR_TEST_DATABASE_URL names a server to use instead; stop() and start() are not available then.

namespace sandbar::pg {

class TestServer {
 public:
  static TestServer& get();
  virtual ~TestServer() = default;

  // A new, empty database, dropped when the returned handle goes. url() is a libpq connection string.
  class Scratch {
   public:
    Scratch(TestServer& server, std::string name);
    ~Scratch();
    Scratch(const Scratch&) = delete;
    std::string url() const;
    const std::string& name() const { return name_; }

   private:
    TestServer& server_;
    std::string name_;
  };
  // Empty, or a copy of `original`, to which nobody may be connected.
  std::unique_ptr<Scratch> create_database(const std::string& original = "template1");

  virtual bool is_private() const = 0;
  virtual void start() = 0;
  virtual void kill() = 0;  // as kill -9 of the whole server does
  virtual std::string url_of(const std::string& database) const = 0;
};

// Runs `body` on an event loop of its own and returns when it is done. Exceptions come out of here.
void run_task(std::function<Task<void>(Executor)> body);
// The same with a Database on that URL, or on a new, empty database.
void with_database_at(const std::string& url, std::function<Task<void>(Database&)> body);
void with_database(std::function<Task<void>(Database&)> body);

}  // namespace sandbar::pg
