// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/transfer/source.h"

#include <fcntl.h>

#include <algorithm>
#include <unordered_map>

#include "sandbar/agent/disk/files.h"
#include "sandbar/agent/transfer/chunk.h"
#include "sandbar/agent/transfer/index.h"
#include "sandbar/async/timer.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/http/error_body.h"
#include "sandbar/http/peer.h"
#include "sandbar/http/signature.h"
#include "sandbar/json/encode.h"
#include "sandbar/log/log.h"
#include "sandbar/model/transfer_grant.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kShelves = 4;  // templates whose indexes are kept in memory

Error refused(std::string why) { return {Errc::forbidden, "the grant does not allow this", std::move(why)}; }

struct Place {
  fs::path path;
  std::int64_t offset = 0;
  int size = 0;
};

}  // namespace

struct TransferSource::Shelf {
  std::string text;
  TemplateDescription description;
  std::unordered_map<std::string, Place> places;  // by digest

  static Result<ShelfPtr> load(const fs::path& folder) {
    TRY(auto text, index_text(folder));
    TRY(auto index, parse_index(text));
    auto shelf = std::make_shared<Shelf>();
    for (const auto& entry : index.entries)
      for (const auto& chunk : entry.chunks)
        shelf->places.try_emplace(chunk.digest, Place{folder / entry.path, chunk.offset, chunk.size});
    shelf->description = {digest_of(text), index.bytes()};
    shelf->text = std::move(text);
    return shelf;
  }
};

TransferSource::TransferSource(Executor executor, const TemplateCatalogue& templates, BlockingPool& blocking,
                               const Clock& clock, TransferLimits limits)
    : templates_(templates),
      blocking_(blocking),
      clock_(clock),
      limits_(limits),
      reading_(executor),
      freed_(executor) {}

Task<void> TransferSource::serve(http::Exchange& exchange) {
  auto object = co_await object_for(exchange);
  http::Response response;
  if (object) {
    response = {200, {{"Content-Type", "application/octet-stream"}}, *std::move(object)};
  } else {
    log::info("template not given away", {{"peer", exchange.peer_address()}, {"why", object.error()}});
    const auto& info = info_of(object.error().code);
    response.status = info.http_status;
    response.headers = {{"Content-Type", "application/json"}};
    response.body = json::encode(http::ErrorBody{{std::string(info.name), object.error().message, "", {}}});
  }
  (void)co_await exchange.respond(std::move(response));
}

// "/templates/tpl-…/index", "/templates/tpl-…/<digest>"
Task<Result<std::string>> TransferSource::object_for(http::Exchange& exchange) {
  auto parts = split(exchange.request().path(), '/');
  if (parts.size() != 4 || exchange.request().method != "GET")
    co_return fail(not_found("object", std::string(exchange.request().path())));
  CO_TRY(auto id, TemplateId::parse(parts[2]));
  std::string object(parts[3]);
  CO_TRY_VOID(check_grant(exchange, id));
  CO_TRY(auto shelf, co_await shelf_of(id));
  if (object == "index") co_return pack(shelf->text);
  co_return co_await read_chunk(std::move(shelf), std::move(object));
}

Result<void> TransferSource::check_grant(http::Exchange& exchange, TemplateId id) const {
  TRY(auto given, decode_grant(exchange.request().headers.get("Sandbar-Grant")));
  TRY_VOID(http::verify_text(identity_.authority_pem, given.text, given.signature));
  const auto& grant = given.grant;
  if (grant.template_id != id) return fail(refused("another template"));
  if (grant.source != identity_.id) return fail(refused("another source"));
  if (grant.expires_at < clock_.now()) return fail(refused("it has expired"));
  bool is_relay = http::peer_name(exchange) == "control";
  // Several are good while the target's certificate is being renewed.
  auto good = split(grant.target_fingerprint, ',');
  if (!is_relay && std::ranges::find(good, exchange.peer_certificate()) == good.end())
    return fail(refused("the peer is another host"));
  return {};
}

Task<Result<TransferSource::ShelfPtr>> TransferSource::shelf_of(TemplateId id) {
  if (!templates_.has(id)) co_return fail(not_found("template", id.str()));
  auto hold = co_await reading_.take();
  auto known = std::ranges::find(shelves_, id, [](const auto& pair) { return pair.first; });
  if (known != shelves_.end()) co_return known->second;
  auto folder = templates_.path_of(id);
  auto shelf = co_await blocking_.run([folder] { return Shelf::load(folder); });
  if (!shelf) co_return fail(std::move(shelf).error().with_context("index of " + id.str()));
  shelves_.emplace_back(id, *shelf);
  if (shelves_.size() > kShelves) shelves_.pop_front();
  co_return *shelf;
}

Task<Result<TemplateDescription>> TransferSource::describe(TemplateId id) {
  std::erase_if(shelves_,
                [id](const auto& pair) { return pair.first == id; });  // it may have been built anew
  CO_TRY(auto shelf, co_await shelf_of(id));
  co_return shelf->description;
}

Task<Result<std::string>> TransferSource::read_chunk(ShelfPtr shelf, std::string digest) {
  auto place = shelf->places.find(digest);
  if (place == shelf->places.end()) co_return fail(not_found("chunk", digest));
  while (active_ >= limits_.at_once) co_await freed_.wait();
  ++active_;
  ScopeExit leave([this] {
    --active_;
    freed_.notify_all();
  });
  auto where = place->second;
  CO_TRY(auto packed, co_await blocking_.run([where]() -> Result<std::string> {
    TRY(auto file, open_file(where.path, O_RDONLY | O_NOFOLLOW));
    TRY(auto bytes, read_at(file.get(), where.offset, static_cast<std::size_t>(where.size)));
    return pack(bytes);
  }));
  co_await keep_rate(static_cast<std::size_t>(where.size));
  co_return packed;
}

// Of all fetches from this host together.
Task<void> TransferSource::keep_rate(std::size_t bytes) {
  if (limits_.bytes_per_second == 0) co_return;
  auto now = std::chrono::steady_clock::now();
  auto cost = std::chrono::milliseconds(1000 * bytes / limits_.bytes_per_second);
  free_at_ = std::max(free_at_, now) + cost;
  co_await sleep_for(std::chrono::ceil<std::chrono::milliseconds>(free_at_ - now));
}

}  // namespace sandbar::agent
