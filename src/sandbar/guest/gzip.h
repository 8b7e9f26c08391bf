// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "sandbar/base/result.h"

// gzip as a stream in both directions, with constant memory. (rpc has its own for whole messages.)

namespace sandbar::guest {

using TakeBytes = std::function<Result<void>(std::string_view)>;

class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  // Hands the plain bytes to `take` in pieces; invalid_request for what is not gzip.
  Result<void> feed(std::string_view compressed, const TakeBytes& take);
  // At the input's end: invalid_request if it was cut short.
  Result<void> finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class Gzip {
 public:
  Gzip();
  ~Gzip();
  Result<void> feed(std::string_view plain, const TakeBytes& take);
  Result<void> finish(const TakeBytes& take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sandbar::guest
