// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sandbar/control/quotas/types.h"

namespace sandbar::control::quotas {

// Replaces all of the team's own limits: what is left out, or null, is the installation's again.
using SetQuotasRequest = Overrides;

struct QuotaView {
  std::string name;
  std::int64_t limit = 0;
  std::optional<std::int64_t> used;
  bool is_default = true;
};
BOOST_DESCRIBE_STRUCT(QuotaView, (), (name, limit, used, is_default))

struct QuotasView {
  std::vector<QuotaView> quotas;
};
BOOST_DESCRIBE_STRUCT(QuotasView, (), (quotas))

}  // namespace sandbar::control::quotas
