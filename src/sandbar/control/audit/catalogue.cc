// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/catalogue.h"

namespace sandbar::control::audit {
namespace {

constexpr EventType kCatalogue[] = {
#define SANDBAR_EVENT(name, type, action, scope, status, metadata, meaning) \
  {What::name, #type, #action, Scope::scope, Status::status, metadata, meaning},
#include "sandbar/control/audit/events.def"
#undef SANDBAR_EVENT
};

}  // namespace

std::span<const EventType> catalogue() { return kCatalogue; }

const EventType& type_of(What what) { return kCatalogue[static_cast<std::size_t>(what)]; }

}  // namespace sandbar::control::audit
