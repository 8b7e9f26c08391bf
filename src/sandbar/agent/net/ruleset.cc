// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/net/ruleset.h"

#include <fmt/format.h>
#include <nftables/libnftables.h>

#include <memory>
#include <string_view>

#include "sandbar/base/check.h"

namespace sandbar::agent {
namespace {

// A guest that opens connections without end must not fill the host's connection table.
constexpr int kMaxConnections = 4096;

std::string set(std::string_view name, const std::vector<Cidr>& ranges) {
  std::string elements;
  for (const auto& range : ranges) elements += (elements.empty() ? "" : ", ") + range.str();
  auto list = elements.empty() ? "" : "elements = { " + elements + " }";
  return fmt::format("  set {} {{ type ipv4_addr; flags interval; auto-merge; {} }}\n", name, list);
}

std::string fresh_table(const std::string& name, const std::string& body) {
  return fmt::format("table inet {0} {{}}\ndelete table inet {0}\ntable inet {0} {{\n{1}}}\n", name, body);
}

constexpr std::string_view kSlotChains = R"(
  chain incoming {{ type filter hook input priority 0; policy drop;
    ct state established,related accept
  }}
  chain through {{ type filter hook forward priority 0; policy drop;
    iifname "out" oifname "tap0" ct state established,related accept
    iifname "tap0" oifname "out" jump egress
  }}
  chain egress {{
    meta nfproto != ipv4 drop
    ip saddr != 169.254.0.21 drop
    ct state invalid drop
    ct state new ct count over {max} drop
    ip daddr @opened accept
    ip daddr @never drop
    ip daddr @allow accept
    ip daddr @deny drop
    {rest}
  }}
  chain leaving {{ type nat hook postrouting priority 100;
    oifname "out" masquerade
  }}
)";

constexpr std::string_view kHostChains = R"(
  chain incoming {{ type filter hook input priority -5; policy accept;
    iifname "{prefix}*" drop
  }}
  chain through {{ type filter hook forward priority -5; policy accept;
    tcp flags syn / syn,rst tcp option maxseg size set rt mtu
    iifname "{prefix}*" jump egress
    oifname "{prefix}*" ct state established,related accept
    oifname "{prefix}*" drop
  }}
  chain egress {{
    oifname "{prefix}*" drop
    meta nfproto != ipv4 drop
    ip saddr != {subnet} drop
    ip daddr @opened accept
    ip daddr @never drop
    accept
  }}
  chain leaving {{ type nat hook postrouting priority 100;
    ip saddr {subnet} oifname != "{prefix}*" masquerade
  }}
)";

struct FreeContext {
  void operator()(nft_ctx* context) const { nft_ctx_free(context); }
};

}  // namespace

const std::vector<Cidr>& private_ranges() {
  static const std::vector<Cidr> ranges = [] {
    std::vector<Cidr> out;
    for (const char* text :
         {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
          "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"}) {
      auto range = parse_cidr(text);
      SANDBAR_CHECK(range.has_value());
      out.push_back(*range);
    }
    return out;
  }();
  return ranges;
}

std::string slot_ruleset(const EgressRules& rules, const NetConfig& config) {
  auto body = set("opened", config.opened) + set("never", private_ranges()) + set("allow", rules.allow) +
              set("deny", rules.deny) +
              fmt::format(kSlotChains, fmt::arg("max", kMaxConnections),
                          fmt::arg("rest", rules.deny_all ? "drop" : "accept"));
  return fresh_table("sandbar", body);
}

std::string host_ruleset(const Instance& instance, const NetConfig& config) {
  auto body = set("opened", config.opened) + set("never", private_ranges()) +
              fmt::format(kHostChains, fmt::arg("prefix", instance.prefix()),
                          fmt::arg("subnet", instance.subnet().str()));
  return fresh_table(fmt::format("sandbar_{}", instance.number), body);
}

std::string host_ruleset_removal(const Instance& instance) {
  return fmt::format("table inet sandbar_{0} {{}}\ndelete table inet sandbar_{0}\n", instance.number);
}

Result<void> load_ruleset(const std::string& text) {
  std::unique_ptr<nft_ctx, FreeContext> context(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) return fail(internal_error("nft: no context"));
  nft_ctx_buffer_error(context.get());
  nft_ctx_buffer_output(context.get());
  if (nft_run_cmd_from_buffer(context.get(), text.c_str()) == 0) return {};
  return fail(internal_error(fmt::format("nft: {}", nft_ctx_get_error_buffer(context.get()))));
}

}  // namespace sandbar::agent
