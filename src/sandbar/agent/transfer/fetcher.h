// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/transfer/carrier.h"
#include "sandbar/agent/transfer/index.h"
#include "sandbar/agent/transfer/partial.h"
#include "sandbar/async/blocking.h"
#include "sandbar/async/spawn.h"

// Templates of other hosts for this one. Control says which, from whom, and what the index must be; nothing
// else is believed: the index is compared with its digest, every chunk with the index, and only a whole copy
// becomes a template. A few chunks at a time, a few templates at a time; a source that fails makes way for
// the next one, and what it gave already stays if it is the same.

namespace sandbar::agent {

struct FetchOrder {
  TemplateId id;
  std::vector<FetchSource> sources;  // tried in turn
};

// One fetch, for everybody who waits for it.
struct Fetch {
  explicit Fetch(Executor executor) : changed(std::move(executor)) {}
  Event changed;  // also from time to time while bytes come in
  HostId source = {};
  std::int64_t bytes_done = 0, bytes_total = 0, bytes_kept = 0;
  bool cancelled = false;
  std::optional<Result<TemplateInfo>> outcome = {};
};
using FetchPtr = std::shared_ptr<Fetch>;

class TemplateFetcher {
 public:
  struct Parts {
    Executor executor;
    Supervisor& tasks;
    BlockingPool& blocking;
    Hypervisor& hypervisor;
    const TemplateCatalogue& templates;
    std::filesystem::path state;
    bool direct = true;  // otherwise everything comes through control
  };
  explicit TemplateFetcher(Parts parts);

  // Joins the fetch of that template that goes on, if there is one.
  FetchPtr begin(FetchOrder order);
  // Returns when nothing is left of it.
  Task<void> cancel(TemplateId id);
  void clean_up() const { remove_old_partials(parts_.state); }
  void set_identity(PeerIdentity identity, http::Client& control);

 private:
  struct Copy;  // what one source is to give

  Task<void> run(FetchOrder order, FetchPtr fetch);
  Task<Result<TemplateInfo>> fetch_from_any(FetchOrder order, FetchPtr fetch);
  Task<Result<TemplateInfo>> fetch_from(TemplateId id, FetchSource source, FetchPtr fetch);
  Task<Result<void>> open(TemplateId id, const FetchSource& source, Copy& copy);
  Task<Result<void>> read_index(const FetchSource& source, Copy& copy);
  Task<Result<void>> fill(Copy& copy, Fetch& fetch);
  Task<void> work(Copy& copy, Fetch& fetch);
  Task<Result<void>> fetch_chunk(Copy& copy, Fetch& fetch, std::size_t number);
  Task<Result<std::string>> download(Copy& copy, std::string digest, std::size_t size);

  Parts parts_;
  PeerIdentity identity_;
  http::Client* control_ = nullptr;
  std::map<TemplateId, FetchPtr> running_;
  int active_ = 0;
  Event freed_;
};

}  // namespace sandbar::agent
