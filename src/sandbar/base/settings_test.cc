// SPDX-License-Identifier: Apache-2.0
#include "sandbar/base/settings.h"

#include <doctest/doctest.h>

using namespace sandbar;

namespace {

enum class Colour { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Config {
  std::string listen;
  int threads = 0;
  std::chrono::milliseconds grace{};
  std::vector<std::string> origins;
  Colour colour = Colour::red;
  Secret secret;
};

constexpr Setting<Config> kSettings[] = {
    setting<&Config::listen>("SANDBAR_LISTEN", "127.0.0.1:8080", "where to listen"),
    setting<&Config::threads>("SANDBAR_THREADS", "2", "how many threads"),
    setting<&Config::grace>("SANDBAR_GRACE", "30s", "time to end"),
    setting<&Config::origins>("SANDBAR_ORIGINS", "", "who may"),
    setting<&Config::colour>("SANDBAR_COLOUR", "red", "which"),
    setting<&Config::secret>("SANDBAR_SECRET", "", "the secret"),
};

}  // namespace

TEST_CASE("settings come from the environment, else from the table") {
  auto config = read_settings<Config>(kSettings,
                                      {{"SANDBAR_THREADS", "4"}, {"SANDBAR_ORIGINS", "a, b"}, {"HOME", "/"}});
  REQUIRE(config);
  CHECK(config->listen == "127.0.0.1:8080");
  CHECK(config->threads == 4);
  CHECK(config->grace == std::chrono::seconds(30));
  CHECK(config->origins == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a variable with our prefix that no row names is refused by name") {
  auto config = read_settings<Config>(kSettings, {{"SANDBAR_LISTENN", "x"}});
  REQUIRE(!config);
  CHECK(config.error().message.contains("SANDBAR_LISTENN"));
}

TEST_CASE("a wrong value is refused with its setting's name") {
  for (auto [name, value] : {std::pair{"SANDBAR_THREADS", "many"},
                             {"SANDBAR_THREADS", "9999999999"},
                             {"SANDBAR_GRACE", "30"},
                             {"SANDBAR_COLOUR", "blue"}}) {
    auto config = read_settings<Config>(kSettings, {{name, value}});
    REQUIRE(!config);
    CHECK(config.error().message.starts_with(name));
  }
}

TEST_CASE("secrets are not printed") {
  auto text = print_settings<Config>(kSettings, {{"SANDBAR_SECRET", "hunter2"}});
  CHECK(!text.contains("hunter2"));
  CHECK(text.contains("SANDBAR_SECRET=***"));
  CHECK(text.contains("SANDBAR_LISTEN=127.0.0.1:8080"));
}

TEST_CASE("an .env file may have comments, export, quotes and blank lines") {
  auto env = parse_env_file("# comment\n\nA=1\nexport B = \"two # words\"\nC='it''s'\nD=x # note\r\n");
  REQUIRE(env);
  CHECK(*env == Environment{{"A", "1"}, {"B", "two # words"}, {"C", "it"}, {"D", "x"}});
  CHECK(!parse_env_file("nonsense"));
  CHECK(!parse_env_file("A=\"open"));
}
