// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/control/guests/types.h"

using namespace sandbar;
using namespace sandbar::control::guests;

TEST_CASE("a guest's troubles are told as troubles of the sandbox, not as ours") {
  CHECK(translate_guest_error({Errc::internal_error, "disk on fire"}).code == Errc::agent_error);
  CHECK(translate_guest_error({Errc::unavailable, "connection failed"}).code == Errc::host_unavailable);
  CHECK(translate_guest_error({Errc::not_found, "no such file"}).code == Errc::not_found);
  CHECK(translate_guest_error({Errc::agent_error, "the peer answered 502"}).message ==
        "the sandbox gave no proper answer");
}

TEST_CASE("an unknown user inside a sandbox does not look like bad credentials of the caller") {
  auto error = translate_guest_error({Errc::unauthorized, "invalid username: 'x'"});
  CHECK(error.code == Errc::invalid_request);
  CHECK(error.message == "invalid username: 'x'");
}

TEST_CASE("whatever a guest says is cut and made printable") {
  CHECK(translate_guest_error({Errc::not_found, std::string(10'000, 'x')}).message.size() == 512);
  CHECK(error_of_answer(404, R"({"code":404,"message":"path 'x' does not exist"})").message ==
        "path 'x' does not exist");
  CHECK(error_of_answer(404, "<html>").code == Errc::not_found);
  CHECK(error_of_answer(507, "{}").code == Errc::no_space);
  CHECK(error_of_answer(502, "").code == Errc::agent_error);
}
