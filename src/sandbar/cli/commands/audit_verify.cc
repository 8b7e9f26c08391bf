// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <fstream>

#include "sandbar/cli/commands/audit_options.h"
#include "sandbar/cli/exported_chain.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

constexpr std::size_t kPiece = 64 * 1024, kMaxLine = 1 << 20;

// What the server says of its own chain.
struct Claim {
  std::int64_t checked = 0, reached = 0;
  std::optional<std::string> broken;
};

std::string told(const VerifyAnswer::Broken& broken) {
  if (broken.seq && broken.id)
    return fmt::format("entry {} ({}) was {}", *broken.seq, *broken.id, broken.damage);
  if (broken.seq) return fmt::format("entry {} was {}", *broken.seq, broken.damage);
  return fmt::format("entry {} was {}", broken.id.value_or("?"), broken.damage);
}

Task<Result<Claim>> ask_server(Api& api) {
  Claim claim;
  std::optional<std::int64_t> after = 0;
  while (after && !claim.broken) {
    auto path = fmt::format("/v1/audit-logs/verify?after_seq={}", *after);
    CO_TRY(auto answer, co_await api.get(path, Auth::session));
    CO_TRY(auto found, view_of<VerifyAnswer>(answer));
    claim.checked += found.checked;
    claim.reached = found.head_seq.value_or(claim.reached);
    if (found.broken) claim.broken = told(*found.broken);
    after = found.next_after_seq;
  }
  co_return claim;
}

Result<void> add_lines(std::string& text, ExportedChain& chain) {
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
    TRY_VOID(chain.add_line(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
  text.erase(0, begin);
  if (text.size() > kMaxLine) return fail(Error{Errc::too_large, "a line of the export is too long"});
  return {};
}

Task<Result<ExportedChain>> read_export(Api& api) {
  CO_TRY(auto head, api.head("GET", "/v1/audit-logs/export?format=jsonl", Auth::session));
  CO_TRY(auto answer, co_await api.open(std::move(head)));
  ExportedChain chain;
  std::string rest;
  std::vector<char> piece(kPiece);
  for (;;) {
    CO_TRY(auto count, co_await answer->read_some(piece));
    if (count == 0) co_return chain;
    rest.append(piece.data(), count);
    CO_TRY_VOID(add_lines(rest, chain));
  }
}

Result<ExportedChain> read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(not_found("file", path));
  ExportedChain chain;
  for (std::string line; std::getline(file, line);) TRY_VOID(chain.add_line(line));
  return chain;
}

int report(const Context& context, const ExportedChain::Outcome& outcome, const std::optional<Claim>& claim) {
  auto broken = outcome.broken;
  if (!broken && claim && claim->broken) broken = claim->broken;
  boost::json::object answer{{"ok", !broken}, {"checked", outcome.checked}, {"waiting", outcome.waiting}};
  if (outcome.head) answer["head"] = outcome.head->str();
  if (broken) answer["broken"] = *broken;
  if (claim) answer["server"] = boost::json::object{{"ok", !claim->broken}, {"checked", claim->checked}};
  std::vector<std::pair<std::string, std::string>> fields{
      {"result", broken ? "BROKEN: " + *broken : "intact"},
      {"entries", fmt::format("{} checked, {} not sealed yet", outcome.checked, outcome.waiting)}};
  if (claim) fields.emplace_back("server says", claim->broken.value_or("intact"));
  if (outcome.head) fields.emplace_back("head", outcome.head->str());
  show(context, answer, render_fields(fields));
  if (!context.json() && !broken && outcome.head)
    note("Keep the head elsewhere; --expect proves later that the chain still goes through it.");
  return broken ? 1 : 0;
}

}  // namespace

Task<Result<int>> verify_audit(Context& context, AuditOptions options) {
  std::optional<ChainEnd> expected;
  if (!options.expected.empty()) {
    CO_TRY(expected, ChainEnd::parse(options.expected));
  }
  if (!options.file.empty()) {
    CO_TRY(auto chain, read_file(options.file));
    co_return report(context, chain.check(std::nullopt, expected), std::nullopt);
  }
  CO_TRY(auto* api, context.api());
  CO_TRY(auto claim, co_await ask_server(*api));
  CO_TRY(auto chain, co_await read_export(*api));
  auto up_to = claim.broken ? std::nullopt : std::optional(claim.reached);
  co_return report(context, chain.check(up_to, expected), claim);
}

}  // namespace sandbar::cli
