// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/schema/test_schema.h"

#include <stdexcept>

#include "sandbar/control/schema/schema.h"
#include "sandbar/log/log.h"

namespace sandbar::control {
namespace {

Task<void> apply(pg::Database& database) {
  auto done = co_await migrate(database);
  if (!done) throw std::runtime_error(log::describe(done.error()));
}

const std::string& migrated_original() {
  static auto original = [] {
    auto scratch = pg::TestServer::get().create_database();
    pg::with_database_at(scratch->url(), apply);
    return scratch;
  }();
  return original->name();
}

}  // namespace

std::unique_ptr<pg::TestServer::Scratch> create_migrated_database() {
  const auto& original = migrated_original();
  return pg::TestServer::get().create_database(original);
}

void with_schema(std::function<Task<void>(pg::Database&)> body) {
  auto scratch = create_migrated_database();
  pg::with_database_at(scratch->url(), std::move(body));
}

}  // namespace sandbar::control
