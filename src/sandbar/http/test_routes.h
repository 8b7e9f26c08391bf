// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/http/route.h"

// A small feature for the tests of router, pipeline and OpenAPI document.

namespace sandbar::http::test {

struct Shelf {
  std::vector<std::string> calls;
};

struct NewBook {
  std::string title;
  int pages = 1;
};
BOOST_DESCRIBE_STRUCT(NewBook, (), (title, pages))
constexpr auto schema_notes(const NewBook*) {
  return std::to_array<json::Note>({{"title", "maxLength", 100}, {"title", "example", "Emma"}});
}

struct LentBook {
  std::string borrower;
};
BOOST_DESCRIBE_STRUCT(LentBook, (), (borrower))

struct BookView {
  SandboxId id;
  std::string title;
  int pages = 1;
};
BOOST_DESCRIBE_STRUCT(BookView, (), (id, title, pages))

struct BookQuery {
  std::optional<std::string> cursor;
  int limit = 50;
  std::vector<std::string> shelf;
  bool full = false;
};
BOOST_DESCRIBE_STRUCT(BookQuery, (), (cursor, limit, shelf, full))

struct TestCall : Call {
  using Call::Call;
  std::string who;
  std::string actor_label() const override { return who; }
};

inline Task<Result<Created<BookView>>> create(Shelf& shelf, TestCall& call, NewBook book) {
  shelf.calls.push_back("create " + book.title + " by " + call.who);
  co_return Created<BookView>{{SandboxId::random(), book.title, book.pages}};
}

inline Task<Result<Page<BookView>>> list(Shelf& shelf, TestCall&, Query<BookQuery> query) {
  std::string shelves;
  for (const auto& name : query->shelf) shelves += name + ";";
  shelf.calls.push_back(fmt::format("list {} {} {}", query->limit, shelves, query->full));
  co_return Page<BookView>{};
}

inline Task<Result<BookView>> view(Shelf& shelf, TestCall& call, SandboxId id) {
  shelf.calls.push_back("view " + id.str());
  call.answer_headers.set("ETag", "\"1\"");
  co_return fail(not_found("book", id.str()));
}

inline Task<Result<NoContent>> remove(Shelf& shelf, TestCall&, SandboxId, std::string chapter) {
  shelf.calls.push_back("remove " + chapter);
  co_return NoContent{};
}

inline Task<Result<NoContent>> burn(Shelf&, TestCall& call) {
  call.error_details["ashes"] = true;
  throw std::runtime_error("a secret of the inside");
  co_return NoContent{};
}

inline Task<Result<Conversed>> talk(Shelf& shelf, TestCall& call, std::uint32_t page) {
  CO_TRY(auto* socket, co_await call.open_socket());
  shelf.calls.push_back(fmt::format("talk {} by {}", page, call.who));
  CO_TRY(auto message, co_await socket->read());
  if (message.data == "quarrel") co_return fail(invalid_state("no"));
  co_await socket->write({true, "echo " + message.data});
  co_return Conversed{};
}

inline constexpr ServiceRoute<Shelf> kRoutes[] = {
    route<&list>("GET", "/v1/books", Access::team_member, "List books"),
    route<&create>("POST", "/v1/books", Access::team_member, "Create a book"),
    route<&view>("GET", "/v1/books/{id}", Access::team_member, "Show a book"),
    route<&remove, Refusal<409, LentBook>, Refusal<429>>("DELETE", "/v1/books/{id}/chapters/{chapter}",
                                                         Access::team_admin, "Remove a chapter"),
    route<&burn>("POST", "/v1/books/burn", Access::open, "Burn all"),
    route<&talk>("GET", "/v1/talk/{page}", Access::team_member, "Talk"),
};

}  // namespace sandbar::http::test
