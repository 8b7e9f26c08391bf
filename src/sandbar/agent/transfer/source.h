// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "sandbar/agent/templates/catalogue.h"
#include "sandbar/agent/transfer/peer.h"
#include "sandbar/async/blocking.h"
#include "sandbar/async/task_lock.h"
#include "sandbar/base/clock.h"
#include "sandbar/http/server.h"

// Templates of this host for other hosts: GET /templates/tpl-…/index and GET /templates/tpl-…/{digest}. Each
// request carries a grant that control signed, and comes from the host that the grant names, or from control
// itself on its behalf. A few chunks are read at a time, at no more than the rate that is set.

namespace sandbar::agent {

struct TransferLimits {
  std::uint64_t bytes_per_second = 0;  // 0: as fast as it goes
  int at_once = 8;
};

struct TemplateDescription {
  std::string digest;
  std::int64_t bytes = 0;
};

class TransferSource {
 public:
  TransferSource(Executor executor, const TemplateCatalogue& templates, BlockingPool& blocking,
                 const Clock& clock, TransferLimits limits);

  static bool handles(std::string_view path) { return path.starts_with("/templates/"); }
  Task<void> serve(http::Exchange& exchange);
  // What a fetch of that template will be.
  Task<Result<TemplateDescription>> describe(TemplateId id);
  void set_identity(PeerIdentity identity) { identity_ = std::move(identity); }

 private:
  struct Shelf;  // one template, its index read
  using ShelfPtr = std::shared_ptr<const Shelf>;

  Task<Result<std::string>> object_for(http::Exchange& exchange);
  Result<void> check_grant(http::Exchange& exchange, TemplateId id) const;
  Task<Result<ShelfPtr>> shelf_of(TemplateId id);
  Task<Result<std::string>> read_chunk(ShelfPtr shelf, std::string digest);
  Task<void> keep_rate(std::size_t bytes);

  const TemplateCatalogue& templates_;
  BlockingPool& blocking_;
  const Clock& clock_;
  TransferLimits limits_;
  PeerIdentity identity_;
  TaskLock reading_;  // indexes, one at a time
  std::deque<std::pair<TemplateId, ShelfPtr>> shelves_;
  int active_ = 0;
  Event freed_;
  std::chrono::steady_clock::time_point free_at_{};
};

}  // namespace sandbar::agent
