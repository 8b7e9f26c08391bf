// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <map>
#include <memory>

#include "sandbar/control/all_statements.h"
#include "sandbar/control/schema/test_schema.h"

using namespace sandbar;
using namespace sandbar::control;

TEST_CASE("every statement can be prepared on the migrated schema and takes as many parameters as it says") {
  auto scratch = create_migrated_database();
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(scratch->url().c_str()), PQfinish);
  std::map<std::string_view, int> names;
  for (const auto& statement : all_statements()) {
    std::string name(statement.name);
    CAPTURE(name);
    CHECK(++names[statement.name] == 1);
    auto run = [](PGresult* result) {
      return std::unique_ptr<PGresult, decltype(&PQclear)>(result, PQclear);
    };
    auto prepared = run(PQprepare(connection.get(), name.c_str(), statement.sql.data(), 0, nullptr));
    std::string error = PQresultErrorMessage(prepared.get());
    CHECK(error == "");
    auto described = run(PQdescribePrepared(connection.get(), name.c_str()));
    CHECK(PQnparams(described.get()) == static_cast<int>(statement.parameters));
  }
  CHECK(names.size() > 10);
}
