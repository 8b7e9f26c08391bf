// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/registration/tunnel_keeper.h"

#include <algorithm>

#include "sandbar/async/timer.h"
#include "sandbar/base/random.h"
#include "sandbar/http/handover.h"
#include "sandbar/log/log.h"
#include "sandbar/model/tunnel.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPause = 100ms, kLongestPause = 5s;
constexpr std::size_t kPiece = 16 * 1024;

// Up to half as long again, so that the hosts of a control that was away do not come all at once.
std::chrono::milliseconds spread(std::chrono::milliseconds pause) {
  auto byte = static_cast<unsigned char>(random_bytes(1).front());
  return pause + pause * byte / 512;
}

}  // namespace

void TunnelKeeper::connect_to(const std::vector<std::string>& urls) {
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    bool is_wanted = std::ranges::find(urls, peer->first) != urls.end();
    peer->second->is_wanted = is_wanted;
    peer = is_wanted ? std::next(peer) : peers_.erase(peer);
  }
  for (const auto& url : urls) {
    auto& peer = peers_[url];
    if (peer) continue;
    peer = std::make_shared<Peer>(url);
    for (int i = 0; i < connections_; ++i) parts_.tasks.spawn("keep tunnel", keep_one(peer));
  }
}

Task<void> TunnelKeeper::keep_one(PeerPtr peer) {
  auto pause = kFirstPause;
  while (peer->is_wanted) {
    auto stream = co_await open(*peer);
    note(*peer, stream);
    bool was_used = false;
    if (stream) was_used = co_await await_use(std::move(*stream));
    if (was_used) {
      pause = kFirstPause;
      continue;
    }
    co_await sleep_for(spread(pause));
    pause = std::min(pause * 2, kLongestPause);
  }
}

Task<Result<http::ByteStreamPtr>> TunnelKeeper::open(const Peer& peer) {
  CO_TRY(auto endpoint, parts_.endpoint_of(peer.url));
  auto client = http::make_client(co_await boost::asio::this_coro::executor, std::move(endpoint));
  const auto& credentials = parts_.credentials();
  http::RequestHead head{"GET",
                         "/v1/hosts/" + credentials.host_id.str() + "/tunnel",
                         {{"X-Host-Token", credentials.token},
                          {"Connection", "Upgrade"},
                          {"Upgrade", std::string(kTunnelProtocol)}}};
  CO_TRY(auto response, co_await client->send(std::move(head)));
  if (response->head().status == 101) co_return response->take_over();
  co_return fail(Error{Errc::unavailable, "control takes no connection",
                       fmt::format("it answered {}", response->head().status)});
}

// False if it ended before it was used.
Task<bool> TunnelKeeper::await_use(http::ByteStreamPtr stream) {
  std::string first(kPiece, '\0');
  auto count = co_await stream->read_some(first);
  if (count.value_or(0) == 0) co_return false;
  first.resize(*count);
  parts_.accept(http::prepend(std::move(first), std::move(stream)));
  co_return true;
}

void TunnelKeeper::note(Peer& peer, const Result<http::ByteStreamPtr>& opened) {
  if (opened.has_value() != peer.is_lost) return;
  peer.is_lost = !opened;
  if (opened)
    log::info("connected to control", {{"url", peer.url}});
  else
    log::warn("no connection to control", {{"url", peer.url}, {"error", opened.error()}});
}

}  // namespace sandbar::agent
