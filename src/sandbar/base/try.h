// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/base/result.h"

// TRY(declaration, expression) and CO_TRY(declaration, expression): the value, or leave with the error.
//   CO_TRY(auto sandbox, co_await store.get_sandbox(id));
// TRY_VOID / CO_TRY_VOID are for Result<void>. They are declarations, never statement expressions, because a
// co_await inside a statement expression is undefined in the compilers that we build with.

#define SANDBAR_CAT_(a, b) a##b
#define SANDBAR_CAT(a, b) SANDBAR_CAT_(a, b)
#define SANDBAR_TRY_(leave, tmp, decl, ...)                \
  auto tmp = (__VA_ARGS__);                                \
  if (!tmp) leave ::sandbar::fail(std::move(tmp).error()); \
  decl = *std::move(tmp)
#define SANDBAR_TRY_VOID_(leave, tmp, ...) \
  if (auto tmp = (__VA_ARGS__); !tmp) leave ::sandbar::fail(std::move(tmp).error())

#define TRY(decl, ...) SANDBAR_TRY_(return, SANDBAR_CAT(sandbar_try_, __LINE__), decl, __VA_ARGS__)
#define CO_TRY(decl, ...) SANDBAR_TRY_(co_return, SANDBAR_CAT(sandbar_try_, __LINE__), decl, __VA_ARGS__)
#define TRY_VOID(...) SANDBAR_TRY_VOID_(return, SANDBAR_CAT(sandbar_try_, __LINE__), __VA_ARGS__)
#define CO_TRY_VOID(...) SANDBAR_TRY_VOID_(co_return, SANDBAR_CAT(sandbar_try_, __LINE__), __VA_ARGS__)
