// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>

#include "sandbar/base/id.h"

namespace sandbar::control::transfers {

// A host that holds a template and may give it to another.
struct Holder {
  HostId host_id;
  std::string address, cert_fingerprint;
  std::string digest;  // of the index that it is known to hold; empty: it was not asked yet
};
BOOST_DESCRIBE_STRUCT(Holder, (), (host_id, address, cert_fingerprint, digest))

}  // namespace sandbar::control::transfers
