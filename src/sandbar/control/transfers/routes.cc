// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/transfers/routes.h"

#include "sandbar/control/access/call.h"

namespace sandbar::control::transfers {
namespace {

using access::Call;
using enum http::Access;

constexpr std::size_t kPiece = 64 * 1024;

Task<Result<http::Streamed>> relay(TransferService& service, Call& call, TemplateId id, HostId source,
                                   std::string object) {
  if (!call.actor().host) co_return fail(Error{Errc::forbidden, "this is for hosts"});
  RelayRequest request{*call.actor().host, id, source, std::move(object),
                       std::string(call.request().headers.get("Sandbar-Grant"))};
  CO_TRY(auto answer, co_await service.relay(std::move(request)));
  http::ResponseHead head{answer->head().status, {{"Content-Type", "application/octet-stream"}}};
  if (answer->head().headers.has("Content-Length"))
    head.headers.set("Content-Length", answer->head().headers.get("Content-Length"));
  CO_TRY_VOID(co_await call.start(std::move(head)));
  auto& client = call.exchange();
  std::vector<char> piece(kPiece);
  for (;;) {
    auto got = co_await answer->read_some(piece);
    if (!got) client.abort();  // half a chunk must not look like a whole one
    CO_TRY(auto count, std::move(got));
    if (count == 0) break;
    CO_TRY_VOID(co_await client.write({piece.data(), count}));
  }
  CO_TRY_VOID(co_await client.finish());
  co_return http::Streamed{};
}

constexpr http::ServiceRoute<TransferService> kRoutes[] = {
    http::route<&relay>("GET", "/v1/transfers/{template_id}/{source_id}/{object}", host_token,
                        "Read a piece of a template from another host that cannot be reached directly"),
};

}  // namespace

http::Routes<TransferService> routes() { return kRoutes; }

}  // namespace sandbar::control::transfers
