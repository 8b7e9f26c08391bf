// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/control/events/feed.h"
#include "sandbar/pg/database.h"

// The one task of a process that reads what has changed, for all sockets of its threads.

namespace sandbar::control::events {

class Reader {
 public:
  Reader(pg::Database& database, Feed& feed) : database_(database), feed_(feed) {}

  Task<void> run();

 private:
  Task<Result<void>> read();

  pg::Database& database_;
  Feed& feed_;
  Position position_;
};

}  // namespace sandbar::control::events
