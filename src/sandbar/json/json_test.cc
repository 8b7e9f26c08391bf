// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "sandbar/json/schema.h"

using namespace sandbar;

namespace {

enum class Mode { slow, fast };
BOOST_DESCRIBE_ENUM(Mode, slow, fast)

struct Size {
  int vcpus = 1;
  std::optional<std::int64_t> memory_mib;
};
BOOST_DESCRIBE_STRUCT(Size, (), (vcpus, memory_mib))

struct Order {
  std::string name;
  json::Defaulted<std::string> note;
  Mode mode = Mode::slow;
  std::optional<Size> size;
  std::vector<std::string> tags;
  std::map<std::string, std::string> env;
};
BOOST_DESCRIBE_STRUCT(Order, (), (name, note, mode, size, tags, env))

}  // namespace

TEST_CASE("absent members keep their defaults and unknown ones are ignored") {
  auto order = json::decode_text<Order>(R"({"name":"x","later":[1]})");
  REQUIRE(order);
  CHECK(order->name == "x");
  CHECK(order->mode == Mode::slow);
  CHECK(!order->size);
}

TEST_CASE("every wrong field is named with its path") {
  auto order = json::decode_text<Order>(R"({"mode":"medium","size":{"vcpus":"2"},"tags":["a",1]})");
  REQUIRE(!order);
  std::vector<std::string> fields;
  for (const auto& problem : order.error().problems) fields.push_back(problem.field);
  CHECK(fields == std::vector<std::string>{"name", "mode", "size.vcpus", "tags"});
}

TEST_CASE("numbers out of range, trailing garbage and broken UTF-8 are refused") {
  for (auto text : {R"({"name":"x","size":{"vcpus":99999999999}})", R"({"name":"x"} x)", R"({"name":"x"}{})",
                    "{\"name\":\"\xff\"}", "", "[]", "null", R"({"name":null})"})
    CHECK_MESSAGE(!json::decode_text<Order>(text), text);
}

TEST_CASE("encoding leaves absent optionals out and escapes what must be") {
  Order order;
  order.name = "a\"\n\x01";
  order.size.emplace().vcpus = 2;
  order.tags = {"t"};
  order.env = {{"K", "v"}};
  CHECK(json::encode(order) ==
        R"({"name":"a\"\n\u0001","note":"","mode":"slow","size":{"vcpus":2},"tags":["t"],"env":{"K":"v"}})");
  CHECK(json::decode_text<Order>(json::encode(order))->env.at("K") == "v");
}

TEST_CASE("a described type becomes a schema with its required members and enumerators") {
  boost::json::object components;
  auto ref = json::schema<Order>(components);
  CHECK(ref["$ref"] == "#/components/schemas/Order");
  auto& order = components["Order"].as_object();
  CHECK(boost::json::serialize(order["required"]) == R"(["name"])");
  CHECK(boost::json::serialize(order["properties"].as_object()["mode"]) ==
        R"({"type":"string","enum":["slow","fast"]})");
  CHECK(components.contains("Size"));
}

namespace {

struct Launch {
  std::string template_;
  int vcpus = 1;
  std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(Launch, (), (template_, vcpus, note))

template <class T>
struct Batch {
  std::vector<T> items;
  BOOST_DESCRIBE_CLASS(Batch, (), (items), (), ())
};

}  // namespace

TEST_CASE("a member named after a word of C++ loses its underscore on the wire") {
  auto launch = json::decode_text<Launch>(R"({"template":"base"})");
  REQUIRE(launch);
  CHECK(launch->template_ == "base");
  CHECK(json::encode(*launch) == R"({"template":"base","vcpus":1})");
}

TEST_CASE("an answer's schema requires every member that is not optional") {
  boost::json::object components;
  json::schema<Batch<Launch>, json::Direction::answer>(components);
  CHECK(boost::json::serialize(components["Launch"].as_object()["required"]) == R"(["template","vcpus"])");
  CHECK(components.contains("LaunchBatch"));
}
