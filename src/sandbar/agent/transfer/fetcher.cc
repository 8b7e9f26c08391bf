// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/transfer/fetcher.h"

#include <sys/statvfs.h>

#include "sandbar/agent/transfer/chunk.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/async/timer.h"
#include "sandbar/async/together.h"
#include "sandbar/base/scope_exit.h"
#include "sandbar/base/units.h"
#include "sandbar/log/log.h"

namespace sandbar::agent {
namespace {

using namespace std::chrono_literals;

constexpr int kFetchesAtOnce = 2, kChunksAtOnce = 4, kTries = 4;
constexpr auto kBetweenTries = 250ms;
constexpr std::uint64_t kSpareBytes = 64 * kMib;
constexpr std::size_t kLargestPacked = kChunkBytes + 64 * kKib;

Error canceled() { return {Errc::canceled, "the fetch was given up: the template is not wanted any more"}; }

Result<void> check_space(const std::filesystem::path& folder, std::int64_t bytes) {
  struct statvfs status{};
  if (::statvfs(folder.c_str(), &status) != 0) return fail(errno_error("statvfs " + folder.string(), errno));
  auto free = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  if (free >= static_cast<std::uint64_t>(bytes) + kSpareBytes) return {};
  return fail(Error{Errc::no_space, "the host has no room for the template",
                    fmt::format("{} MiB are needed, {} MiB are free",
                                static_cast<std::uint64_t>(bytes) / kMib, free / kMib)});
}

// Another source would not change it.
bool is_final(const Error& error) {
  return error.code == Errc::no_space || error.code == Errc::invalid_state || error.code == Errc::canceled;
}

}  // namespace

struct TemplateFetcher::Copy {
  PartialTemplate partial;
  CarrierPtr carrier = {};
  std::string text = {};
  TransferIndex index = {};
  struct Item {
    const IndexEntry* entry;
    const IndexChunk* chunk;
  };
  std::vector<Item> items = {};  // of the whole template, the manifest's first
  std::size_t next = 0, end = 0;
  std::optional<Error> failure = {};
};

TemplateFetcher::TemplateFetcher(Parts parts) : parts_(std::move(parts)), freed_(parts_.executor) {}

void TemplateFetcher::set_identity(PeerIdentity identity, http::Client& control) {
  identity_ = std::move(identity);
  control_ = &control;
}

FetchPtr TemplateFetcher::begin(FetchOrder order) {
  auto& entry = running_[order.id];
  if (entry) return entry;
  auto fetch = entry = std::make_shared<Fetch>(parts_.executor);
  parts_.tasks.spawn("fetch template", run(std::move(order), fetch));
  return fetch;
}

Task<void> TemplateFetcher::cancel(TemplateId id) {
  auto found = running_.find(id);
  if (found != running_.end()) {
    auto fetch = found->second;
    fetch->cancelled = true;
    while (!fetch->outcome) co_await fetch->changed.wait();
  }
  PartialTemplate partial(parts_.state, id);
  co_await parts_.blocking.run([partial] { return partial.remove(), true; });
}

Task<void> TemplateFetcher::run(FetchOrder order, FetchPtr fetch) {
  auto id = order.id;
  ScopeExit leave([&] {
    running_.erase(id);
    if (!fetch->outcome) fetch->outcome = fail(canceled());
    fetch->changed.notify_all();
  });
  while (active_ >= kFetchesAtOnce) co_await freed_.wait();
  ++active_;
  ScopeExit free([this] {
    --active_;
    freed_.notify_all();
  });
  auto begun = std::chrono::steady_clock::now();
  auto outcome = co_await fetch_from_any(std::move(order), fetch);
  auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  if (outcome) {
    log::info("template fetched", {{"template", id},
                                   {"source", fetch->source},
                                   {"bytes", fetch->bytes_total},
                                   {"kept", fetch->bytes_kept},
                                   {"ms", ms}});
  } else {
    log::warn("template not fetched",
              {{"template", id}, {"done", fetch->bytes_done}, {"error", outcome.error()}});
  }
  fetch->outcome = std::move(outcome);
}

Task<Result<TemplateInfo>> TemplateFetcher::fetch_from_any(FetchOrder order, FetchPtr fetch) {
  if (parts_.templates.has(order.id)) co_return parts_.templates.get(order.id);
  Error last{Errc::unavailable, "no host was named that holds the template"};
  for (const auto& source : order.sources) {
    auto fetched = co_await fetch_from(order.id, source, fetch);
    if (fetched || is_final(fetched.error())) co_return fetched;
    last = std::move(fetched).error();
    log::warn("source failed", {{"template", order.id}, {"source", source.host}, {"error", last}});
  }
  co_return fail(std::move(last));
}

Task<Result<TemplateInfo>> TemplateFetcher::fetch_from(TemplateId id, FetchSource source, FetchPtr fetch) {
  Copy copy{PartialTemplate(parts_.state, id)};
  CO_TRY_VOID(co_await open(id, source, copy));
  fetch->source = source.host;
  fetch->bytes_total = copy.index.bytes();
  fetch->bytes_done = fetch->bytes_kept = 0;
  CO_TRY_VOID(co_await parts_.blocking.run([&] { return copy.partial.prepare(copy.text, copy.index); }));
  CO_TRY_VOID(check_space(copy.partial.files(), copy.index.bytes()));
  copy.end = copy.index.entries.front().chunks.size();
  CO_TRY_VOID(co_await fill(copy, *fetch));
  if (auto fit = parts_.hypervisor.check({copy.partial.files()}); !fit)
    co_return fail(std::move(fit).error());
  copy.end = copy.items.size();
  CO_TRY_VOID(co_await fill(copy, *fetch));
  auto into = parts_.templates.path_of(id);
  CO_TRY_VOID(
      co_await parts_.blocking.run([&] { return copy.partial.publish(copy.text, copy.index, into); }));
  co_return parts_.templates.get(id);
}

Task<Result<void>> TemplateFetcher::open(TemplateId id, const FetchSource& source, Copy& copy) {
  Result<void> opened = fail(Error{Errc::unavailable, "the source has no address"});
  if (parts_.direct && !source.address.empty()) {
    copy.carrier = direct_carrier(parts_.executor, identity_, source, id);
    opened = co_await read_index(source, copy);
  }
  if (!opened && opened.error().code == Errc::unavailable && control_) {
    log::info("source is read through control", {{"source", source.host}, {"why", opened.error()}});
    copy.carrier = relayed_carrier(*control_, identity_, source, id);
    opened = co_await read_index(source, copy);
  }
  co_return opened;
}

Task<Result<void>> TemplateFetcher::read_index(const FetchSource& source, Copy& copy) {
  CO_TRY(auto packed, co_await copy.carrier->get("index", kLargestIndex));
  CO_TRY(copy.text, unpack_within(packed, kLargestIndex));
  if (!source.digest.empty() && digest_of(copy.text) != source.digest)
    co_return fail(Error{Errc::data_loss, "the source offers another template than it is known to hold"});
  CO_TRY(copy.index, parse_index(copy.text));
  copy.items.clear();
  for (const auto& entry : copy.index.entries)
    for (const auto& chunk : entry.chunks) copy.items.push_back({&entry, &chunk});
  co_return Result<void>{};
}

// Items up to copy.end.
Task<Result<void>> TemplateFetcher::fill(Copy& copy, Fetch& fetch) {
  std::vector<Task<void>> workers;
  for (int i = 0; i < kChunksAtOnce; ++i) workers.push_back(work(copy, fetch));
  co_await run_together("fetch chunks", std::move(workers));
  if (copy.failure) co_return fail(*copy.failure);
  if (copy.next < copy.end) co_return fail(canceled());
  co_return Result<void>{};
}

Task<void> TemplateFetcher::work(Copy& copy, Fetch& fetch) {
  while (!copy.failure && !fetch.cancelled && copy.next < copy.end) {
    auto fetched = co_await fetch_chunk(copy, fetch, copy.next++);
    if (!fetched && !copy.failure) copy.failure = std::move(fetched).error();
    fetch.changed.notify_all();
  }
  if (fetch.cancelled && !copy.failure) copy.failure = canceled();
}

Task<Result<void>> TemplateFetcher::fetch_chunk(Copy& copy, Fetch& fetch, std::size_t number) {
  auto [entry, chunk] = copy.items[number];
  auto& partial = copy.partial;
  bool kept = co_await parts_.blocking.run([&partial, entry, chunk] { return partial.has(*entry, *chunk); });
  if (kept) {
    fetch.bytes_kept += chunk->size;
  } else {
    CO_TRY(auto bytes, co_await download(copy, chunk->digest, static_cast<std::size_t>(chunk->size)));
    CO_TRY_VOID(co_await parts_.blocking.run(
        [&partial, entry, chunk, &bytes] { return partial.put(*entry, *chunk, bytes); }));
  }
  fetch.bytes_done += chunk->size;
  co_return Result<void>{};
}

// A connection that breaks is nobody's fault; bytes that are not what they should be are the source's.
Task<Result<std::string>> TemplateFetcher::download(Copy& copy, std::string digest, std::size_t size) {
  for (int left = kTries - 1;; --left) {
    auto packed = co_await copy.carrier->get(digest, kLargestPacked);
    if (!packed && packed.error().code == Errc::unavailable && left > 0) {
      co_await sleep_for(kBetweenTries * (kTries - left));
      continue;
    }
    if (!packed) co_return fail(std::move(packed).error());
    CO_TRY(auto bytes, unpack(*packed, size));
    if (digest_of(bytes) != digest)
      co_return fail(
          Error{Errc::data_loss, "a piece of the template is damaged", "at its source: " + digest});
    co_return bytes;
  }
}

}  // namespace sandbar::agent
