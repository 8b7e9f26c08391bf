// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "sandbar/async/blocking.h"

namespace sandbar::guest {

// The pool's threads are made when the first long work comes: an idle guest has one thread.
class LazyPool {
 public:
  BlockingPool& get() {
    if (!pool_) pool_ = std::make_unique<BlockingPool>(2);
    return *pool_;
  }

 private:
  std::unique_ptr<BlockingPool> pool_;
};

}  // namespace sandbar::guest
