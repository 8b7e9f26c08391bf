// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "sandbar/base/try.h"
#include "sandbar/http/key_scope.h"
#include "sandbar/http/page.h"
#include "sandbar/http/query.h"
#include "sandbar/http/server.h"
#include "sandbar/json/encode.h"
#include "sandbar/json/schema.h"

// The route table is the API. A row names method, path, access and summary; request, response and path
// parameters are deduced from the handler, and a path whose holes do not fit the handler does not compile:
//   Task<Result<Created<SandboxView>>> create(SandboxService& service, Call& call, CreateSandboxRequest
//   request); Task<Result<SandboxView>> view(SandboxService& service, Call& call, SandboxId id); constexpr
//   http::ServiceRoute<SandboxService> kRoutes[] = {
//       http::route<&create>("POST", "/v1/sandboxes", Access::team_member, "Create a sandbox"),
//       http::route<&view>("GET", "/v1/sandboxes/{id}", Access::team_member, "Show a sandbox"),
//   };
// After the service and the call (a type derived from Call, made by the Gate) a handler takes, in any number:
//   ids, std::string, integers   the path's holes, in order        Query<T>   a described struct from the
//   query a described struct           the JSON body (at most one)       RawBody    the body as it arrives
// Answers: a described struct (200), Created<T>, Accepted<T>, NoContent, Redirect, Document, Streamed,
// TextLines, Conversed, or a variant. What a row may refuse beyond what its access and its arguments imply is
// named for the document: route<&remove, Refusal<409, HostInUse>>(…).

namespace sandbar::http {

// Who may call. No row has a default.
enum class Access {
  open,            // anybody
  session,         // a signed-in user, with or without a team
  user,            // a signed-in user in a team; API keys are refused
  team_member,     // an API key, or a signed-in user in a team
  team_admin,      // a signed-in owner or admin of the team
  team_owner,      // the signed-in owner of the team
  platform_admin,  // a signed-in platform admin
  host_token,      // a host, by X-Host-Token
};
BOOST_DESCRIBE_ENUM(Access, open, session, user, team_member, team_admin, team_owner, platform_admin,
                    host_token)

template <class T>
struct Created {
  T value;
};
template <class T>
struct Accepted {
  T value;
};
struct NoContent {};
// The handler has set Location in call.answer_headers.
struct Redirect {};
// Text that is not one of our JSON views.
struct Document {
  std::string content_type;
  std::string body;
};
// The handler has answered through call.start() and call.exchange() itself; an error before start() is still
// encoded for it.
struct Streamed {};
// The same, of text that is meant to be read line by line: JSON lines or CSV.
struct TextLines {};
// The handler has talked over call.open_socket(); an error is sent as a frame when the socket is open.
struct Conversed {};

// The request's body, read piece by piece: at least one byte, or 0 at its end.
class RawBody {
 public:
  RawBody() = default;
  explicit RawBody(Exchange& exchange) : exchange_(&exchange) {}
  Task<Result<std::size_t>> read_some(std::span<char> into) { return exchange_->read_some(into); }

 private:
  Exchange* exchange_ = nullptr;
};

// What goes back, encoded. `sent`: the handler has answered by itself.
struct Answer {
  int status = 200;
  std::string content_type = {};
  std::string body = {};
  bool sent = false;
};

enum class BodyKind : std::uint8_t { none, json, raw };
enum class AnswerKind : std::uint8_t { json, created, stream, socket };

// An error that a row's document names. Its body is the usual one unless it has members of its own.
struct UsualError {};
template <int Status, class Body = UsualError>
struct Refusal {};

class Call;
class Operation;  // one operation of the OpenAPI document being written; openapi.h

struct Route {
  std::string_view method, path;
  Access access;
  std::optional<KeyNeed> key;  // nothing: API keys are not let in
  std::string_view summary;
  std::string_view handler;  // "sandboxes::create"
  BodyKind body;
  AnswerKind answer;
  Task<Result<Answer>> (*run)(void* service, Call& call);
  void (*describe)(Operation& operation);
};

// A row whose handler wants this service. The router binds the two.
template <class Service>
struct ServiceRoute : Route {};
template <class Service>
using Routes = std::span<const ServiceRoute<Service>>;

inline constexpr std::size_t kMaxHoles = 3;

// What is known of a request once its route is.
struct CallParts {
  Exchange* exchange = nullptr;
  const Route* route = nullptr;
  std::string request_id;
  std::array<std::string_view, kMaxHoles> holes{};  // as sent, not decoded; part of the request's target
};

// One request, after its caller has been let in. Programs derive from it to add who that is.
class Call {
 public:
  explicit Call(CallParts parts) : parts_(std::move(parts)) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  virtual ~Call() = default;

  Exchange& exchange() { return *parts_.exchange; }
  const RequestHead& request() const { return parts_.exchange->request(); }
  const Route& route() const { return *parts_.route; }
  const std::string& request_id() const { return parts_.request_id; }
  std::string_view hole(std::size_t index) const { return parts_.holes[index]; }
  // For the access log: "user usr-…"; empty if nobody is known.
  virtual std::string actor_label() const { return {}; }

  // Begins an answer that the handler sends itself, with the headers that every answer has.
  Task<Result<void>> start(ResponseHead head);
  // Accepts the WebSocket, unless it is open already. It stays the call's.
  Task<Result<WebSocket*>> open_socket();
  WebSocket* socket() { return socket_.get(); }
  void adopt_socket(WebSocketPtr socket) { socket_ = std::move(socket); }

  std::string body;                   // of a route that takes JSON
  Headers answer_headers;             // added to the answer, errors included
  boost::json::object error_details;  // members added to the error object, if it comes to one

 private:
  CallParts parts_;
  WebSocketPtr socket_;
};
using CallPtr = std::unique_ptr<Call>;

// What every answer carries. Answers are about a moment and a person, and some hold secrets: unless the
// handler says otherwise, nobody on the way may keep them.
void finish_headers(Headers& headers, const std::string& request_id);

// Decides who gets in, before anything of the request but its head has been read.
class Gate {
 public:
  virtual ~Gate() = default;
  // The call that the row's handler expects, or unauthorized, forbidden, no_team, rate_limited. `credentials`
  // is the request's head, or a copy that carries the token from a WebSocket's first message; the row is
  // parts.route.
  virtual Task<Result<CallPtr>> admit(CallParts parts, const RequestHead& credentials) = 0;
};

namespace detail {

struct Path {
  std::string_view text;
  std::size_t holes = 0;
  consteval Path(const char* path) : text(path) {  // NOLINT: a row spells it as a literal
    for (char c : text) holes += c == '{';
  }
};

template <class T>
inline constexpr bool is_hole =
    is_id<T> || std::same_as<T, std::string> || (std::integral<T> && !std::same_as<T, bool>);
template <class T>
inline constexpr bool is_query = false;
template <class T>
inline constexpr bool is_query<Query<T>> = true;
template <class T>
inline constexpr bool is_raw = std::same_as<T, RawBody>;
template <class T>
inline constexpr bool is_body = !is_hole<T> && !is_query<T> && !is_raw<T>;

Result<std::string> decode_hole(const Call& call, std::size_t index);
Result<std::int64_t> decode_number(const Call& call, std::size_t index, std::int64_t min, std::int64_t max);
Error bad_hole(const Call& call, std::size_t index, std::string why);

template <class T>
Result<T> read_hole(const Call& call, std::size_t index) {
  if constexpr (is_id<T>) {
    auto id = T::parse(call.hole(index));
    if (!id) return fail(bad_hole(call, index, std::move(id).error().message));
    return *id;
  } else if constexpr (std::same_as<T, std::string>) {
    return decode_hole(call, index);
  } else {
    using Limits = std::numeric_limits<T>;
    constexpr auto max =
        std::in_range<std::int64_t>(Limits::max()) ? static_cast<std::int64_t>(Limits::max()) : INT64_MAX;
    TRY(auto number, decode_number(call, index, static_cast<std::int64_t>(Limits::min()), max));
    return static_cast<T>(number);
  }
}

template <class T>
Result<T> read_argument(Call& call, std::size_t& hole) {
  if constexpr (is_hole<T>) {
    return read_hole<T>(call, hole++);
  } else if constexpr (is_query<T>) {
    return T::read(call.request());
  } else if constexpr (is_raw<T>) {
    return RawBody(call.exchange());
  } else {
    return json::decode_text<T>(call.body);
  }
}

template <class... A>
Result<std::tuple<A...>> read_arguments([[maybe_unused]] Call& call) {
  std::tuple<A...> arguments;
  [[maybe_unused]] std::size_t hole = 0;
  std::optional<Error> error;
  [[maybe_unused]] auto read = [&]<class T>(T& into) {
    auto value = read_argument<T>(call, hole);
    if (value)
      into = *std::move(value);
    else
      error = std::move(value).error();
    return !error;
  };
  std::apply([&](A&... into) { (void)(... && read(into)); }, arguments);
  if (error) return fail(*std::move(error));
  return arguments;
}

template <class T>
struct AnswerOf {
  static constexpr AnswerKind kind = AnswerKind::json;
  static Answer make(const T& value) { return {200, "application/json", json::encode(value)}; }
  static void describe(Operation& operation);
};
template <class T>
struct AnswerOf<Created<T>> {
  static constexpr AnswerKind kind = AnswerKind::created;
  static Answer make(const Created<T>& created) {
    return {201, "application/json", json::encode(created.value)};
  }
  static void describe(Operation& operation);
};
template <class T>
struct AnswerOf<Accepted<T>> {
  static constexpr AnswerKind kind = AnswerKind::json;
  static Answer make(const Accepted<T>& accepted) {
    return {202, "application/json", json::encode(accepted.value)};
  }
  static void describe(Operation& operation);
};
template <>
struct AnswerOf<NoContent> {
  static constexpr AnswerKind kind = AnswerKind::json;
  static Answer make(const NoContent&) { return {204}; }
  static void describe(Operation& operation);
};
template <>
struct AnswerOf<Redirect> {
  static constexpr AnswerKind kind = AnswerKind::json;
  static Answer make(const Redirect&) { return {302}; }
  static void describe(Operation& operation);
};
template <>
struct AnswerOf<Document> {
  static constexpr AnswerKind kind = AnswerKind::json;
  static Answer make(Document document) {
    return {200, std::move(document.content_type), std::move(document.body)};
  }
  static void describe(Operation& operation);
};
template <>
struct AnswerOf<Streamed> {
  static constexpr AnswerKind kind = AnswerKind::stream;
  static Answer make(const Streamed&) { return {.sent = true}; }
  static void describe(Operation& operation);
};
template <>
struct AnswerOf<TextLines> {
  static constexpr AnswerKind kind = AnswerKind::stream;
  static Answer make(const TextLines&) { return {.sent = true}; }
  static void describe(Operation& operation);
};
template <>
struct AnswerOf<Conversed> {
  static constexpr AnswerKind kind = AnswerKind::socket;
  static Answer make(const Conversed&) { return {.sent = true}; }
  static void describe(Operation& operation);
};
template <class First, class... Rest>
struct AnswerOf<std::variant<First, Rest...>> {
  static constexpr AnswerKind kind = AnswerOf<First>::kind;
  static Answer make(std::variant<First, Rest...> value) {
    return std::visit([]<class T>(T& one) { return AnswerOf<T>::make(std::move(one)); }, value);
  }
  static void describe(Operation& operation);
};

// "… [H = &sandbar::control::sandboxes::(anonymous namespace)::create]" to "sandboxes::create".
std::string handler_name(std::string_view pretty_function);
template <auto H>
constexpr std::string_view raw_handler_name() {
  return __PRETTY_FUNCTION__;
}

template <class F>
struct Signature;
template <class R, class S, class C, class... A>
struct Signature<Task<Result<R>> (*)(S&, C&, A...)> {
  using Service = S;
  static constexpr std::size_t holes = (0 + ... + (is_hole<A> ? 1 : 0));
  static constexpr std::size_t bodies = (0 + ... + (is_body<A> || is_raw<A> ? 1 : 0));
  static constexpr BodyKind body = (is_raw<A> || ...)    ? BodyKind::raw
                                   : (is_body<A> || ...) ? BodyKind::json
                                                         : BodyKind::none;
  static constexpr AnswerKind answer = AnswerOf<R>::kind;

  template <auto H>
  static Task<Result<Answer>> run(void* service, Call& call) {
    CO_TRY(auto arguments, read_arguments<A...>(call));
    auto handle = [&](A&... value) {
      return H(*static_cast<S*>(service), static_cast<C&>(call), std::move(value)...);
    };
    CO_TRY(auto value, co_await std::apply(handle, arguments));
    co_return AnswerOf<R>::make(std::move(value));
  }
  static void describe(Operation& operation);
};

template <auto H, class... Refusals>
void describe_row(Operation& operation);

}  // namespace detail

namespace detail {

// What a WebSocket does is not told by its method; a row of one that only reads says so itself.
consteval KeyNeed derived_need(std::string_view method, std::string_view path, AnswerKind answer) {
  auto names = [path](std::string_view word) { return path.find(word) != path.npos; };
  auto area = names("/hosts")                              ? KeyScope::hosts
              : names("/templates") || names("/snapshots") ? KeyScope::templates
                                                           : KeyScope::sandboxes;
  return {area, (method == "GET" || method == "HEAD") && answer != AnswerKind::socket};
}

}  // namespace detail

// One row. Called at compile time only. An API key needs what `key` says; without it, where keys are let in
// at all (Access::team_member), what method and path say.
template <auto H, class... Refusals>
consteval auto route(std::string_view method, detail::Path path, Access access, std::string_view summary,
                     std::optional<KeyNeed> key = std::nullopt) {
  using S = detail::Signature<decltype(H)>;
  if (path.holes != S::holes) throw "the path's holes and the handler's path parameters differ";
  if (S::holes > kMaxHoles) throw "too many holes";
  static_assert(S::bodies <= 1, "a request has one body");
  if (!key && access == Access::team_member) key = detail::derived_need(method, path.text, S::answer);
  return ServiceRoute<typename S::Service>{{method, path.text, access, key, summary,
                                            detail::raw_handler_name<H>(), S::body, S::answer,
                                            &S::template run<H>, &detail::describe_row<H, Refusals...>}};
}

}  // namespace sandbar::http

#include "sandbar/http/route_schema.h"
