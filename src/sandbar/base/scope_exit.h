// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace sandbar {

// Runs a function when the scope ends, unless released. The function must not throw.
template <class F>
class [[nodiscard]] ScopeExit {
 public:
  explicit ScopeExit(F run) : run_(std::move(run)) {}
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;
  ~ScopeExit() {
    if (armed_) run_();
  }
  void release() { armed_ = false; }

 private:
  F run_;
  bool armed_ = true;
};

}  // namespace sandbar
