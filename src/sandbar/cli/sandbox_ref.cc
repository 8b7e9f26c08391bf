// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/sandbox_ref.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbar/base/id.h"
#include "sandbar/base/strings.h"

namespace sandbar::cli {
namespace {

std::vector<std::string> ids_beginning_with(const boost::json::array& items, const std::string& beginning) {
  std::vector<std::string> found;
  for (const auto& item : items) {
    const auto* object = item.if_object();
    const auto* id = object ? object->if_contains("id") : nullptr;
    if (id && id->is_string() && std::string_view(id->get_string()).starts_with(beginning))
      found.emplace_back(id->get_string());
  }
  return found;
}

}  // namespace

Task<Result<std::string>> resolve_sandbox(Context& context, std::string typed) {
  auto beginning = typed.starts_with("sb-") ? typed : "sb-" + typed;
  if (SandboxId::parse(beginning)) co_return beginning;
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list("/v1/sandboxes?limit=100&q=" + percent_encode(beginning)));
  auto found = ids_beginning_with(items, beginning);
  if (found.empty()) co_return fail(not_found("sandbox", typed));
  if (found.size() > 1)
    co_return fail(invalid_request(
        fmt::format("'{}' fits {} sandboxes: {}", typed, found.size(), fmt::join(found, ", "))));
  co_return found.front();
}

std::string sandbox_path(const std::string& id, std::string_view rest) {
  return fmt::format("/v1/sandboxes/{}{}", id, rest);
}

}  // namespace sandbar::cli
