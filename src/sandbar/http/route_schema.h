// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/openapi.h"
#include "sandbar/http/route.h"

// How the types of a handler describe themselves in the OpenAPI document. Included by route.h only.

namespace sandbar::http::detail {

template <class T>
boost::json::object answer_schema(Operation& operation) {
  return json::schema<T, json::Direction::answer>(operation.components());
}

template <class T>
void AnswerOf<T>::describe(Operation& operation) {
  operation.json_answer(200, answer_schema<T>(operation));
}
template <class T>
void AnswerOf<Created<T>>::describe(Operation& operation) {
  operation.json_answer(201, answer_schema<T>(operation));
}
template <class T>
void AnswerOf<Accepted<T>>::describe(Operation& operation) {
  operation.json_answer(202, answer_schema<T>(operation));
}
inline void AnswerOf<NoContent>::describe(Operation& operation) { operation.answer(204, "Done"); }
inline void AnswerOf<Redirect>::describe(Operation& operation) {
  operation.answer(302, "Go on at the address in Location");
}
inline void AnswerOf<Document>::describe(Operation& operation) {
  operation.answer(200, "The document", "*/*");
}
inline void AnswerOf<Streamed>::describe(Operation& operation) {
  operation.answer(200, "A stream of bytes", "application/octet-stream");
  operation.answer(206, "A part of it", "application/octet-stream");
}
inline void AnswerOf<TextLines>::describe(Operation& operation) {
  operation.answer(200, "One line for each item", "application/jsonl");
  operation.answer(200, "One line for each item", "text/csv");
}
inline void AnswerOf<Conversed>::describe(Operation& operation) { operation.answer(101, "A WebSocket"); }
template <class First, class... Rest>
void AnswerOf<std::variant<First, Rest...>>::describe(Operation& operation) {
  AnswerOf<First>::describe(operation);
  (AnswerOf<Rest>::describe(operation), ...);
}

template <class T>
void describe_query(Operation& operation) {
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>([&](auto d) {
    using Member = std::remove_cvref_t<decltype(std::declval<T>().*d.pointer)>;
    auto name = json::detail::wire_name(d.name);
    auto schema = json::schema<Member>(operation.components());
    json::add_notes<T>(name, schema);
    operation.query_parameter(name, std::move(schema), json::detail::is_required<Member>);
  });
}

template <class T>
void describe_argument(Operation& operation) {
  if constexpr (is_hole<T>) {
    operation.path_parameter(json::schema<T>(operation.components()));
  } else if constexpr (is_query<T>) {
    describe_query<typename T::Value>(operation);
  } else if constexpr (is_raw<T>) {
    operation.raw_body();
  } else {
    operation.json_body(json::schema<T>(operation.components()));
  }
}

template <class R, class S, class C, class... A>
void Signature<Task<Result<R>> (*)(S&, C&, A...)>::describe(Operation& operation) {
  (describe_argument<A>(operation), ...);
  AnswerOf<R>::describe(operation);
}

template <int Status, class Body>
void describe_refusal(Operation& operation, Refusal<Status, Body>) {
  if constexpr (std::same_as<Body, UsualError>)
    operation.error_answer(Status);
  else
    operation.json_answer(Status, answer_schema<Body>(operation));
}

template <auto H, class... Refusals>
void describe_row(Operation& operation) {
  Signature<decltype(H)>::describe(operation);
  (describe_refusal(operation, Refusals{}), ...);
}

}  // namespace sandbar::http::detail
