// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <variant>

#include "sandbar/json/encode.h"

// From a described struct to its JSON Schema (draft 2020-12, the dialect of OpenAPI 3.1). Nested described
// structs are put once into `components` under their C++ type name and referred to.

namespace sandbar::json {

// "sandbar::control::teams::TeamView" to "TeamView", "sandbar::http::Page<…::TeamView>" to "TeamViewPage".
std::string short_type_name(std::string_view pretty_function);

template <class T>
std::string type_name() {
  return short_type_name(__PRETTY_FUNCTION__);
}

// What a field's schema says beyond its type, so that people and generated clients know bounds and forms.
// Beside the struct, in its namespace:
//   constexpr auto schema_notes(const SignupRequest*) {
//     return std::to_array<json::Note>({{"password", "minLength", 8}, {"name", "maxLength", 100}});
//   }
struct Note {
  std::string_view field, key;
  std::variant<std::int64_t, std::string_view> value;
};

template <class T>
void add_notes(std::string_view field, bj::object& schema) {
  if constexpr (requires { schema_notes(static_cast<const T*>(nullptr)); }) {
    for (const auto& note : schema_notes(static_cast<const T*>(nullptr)))
      if (note.field == field) std::visit([&](auto value) { schema[note.key] = value; }, note.value);
  }
}

// Requests list the fields that must be sent; answers always carry every field that is not optional.
enum class Direction { request, answer };

template <class T, Direction D = Direction::request>
bj::object schema(bj::object& components) {
  using namespace detail;
  if constexpr (is_optional<T>) {
    return schema<typename T::value_type, D>(components);
  } else if constexpr (is_defaulted<T>) {
    return schema<decltype(T::value), D>(components);
  } else if constexpr (std::same_as<T, bool>) {
    return {{"type", "boolean"}};
  } else if constexpr (std::integral<T>) {
    return {{"type", "integer"}};
  } else if constexpr (std::floating_point<T>) {
    return {{"type", "number"}};
  } else if constexpr (std::same_as<T, std::string>) {
    return {{"type", "string"}};
  } else if constexpr (std::same_as<T, bj::object>) {
    return {{"type", "object"}};
  } else if constexpr (std::same_as<T, bj::value>) {
    return {};
  } else if constexpr (is_id<T>) {
    return {{"type", "string"},
            {"pattern", "^" + std::string(T::kPrefix) + "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}};
  } else if constexpr (std::same_as<T, Time>) {
    return {{"type", "string"}, {"format", "date-time"}};
  } else if constexpr (described_enum<T>) {
    bj::array names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
        [&](auto d) { names.emplace_back(d.name); });
    return {{"type", "string"}, {"enum", std::move(names)}};
  } else if constexpr (is_vector<T>) {
    return {{"type", "array"}, {"items", schema<typename T::value_type, D>(components)}};
  } else if constexpr (is_map<T>) {
    return {{"type", "object"}, {"additionalProperties", schema<typename T::mapped_type, D>(components)}};
  } else {
    auto name = type_name<T>();
    if (!components.contains(name)) {
      components[name] = bj::object{};  // breaks cycles
      bj::object properties;
      bj::array required;
      boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
          [&](auto d) {
            using Member = std::remove_cvref_t<decltype(std::declval<T>().*d.pointer)>;
            auto property = schema<Member, D>(components);
            add_notes<T>(wire_name(d.name), property);
            properties[wire_name(d.name)] = std::move(property);
            if (D == Direction::answer ? !is_optional<Member> : is_required<Member>)
              required.emplace_back(wire_name(d.name));
          });
      bj::object object{{"type", "object"}, {"properties", std::move(properties)}};
      if (!required.empty()) object["required"] = std::move(required);
      components[name] = std::move(object);
    }
    return {{"$ref", "#/components/schemas/" + name}};
  }
}

}  // namespace sandbar::json
