// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe/enum.hpp>

namespace sandbar {

enum class TemplateState {
  building,
  ready,
  failed,
  deleting,  // hosts that were away still hold files of it
};
BOOST_DESCRIBE_ENUM(TemplateState, building, ready, failed, deleting)

// `base` starts from a disk that was built; `snapshot` was made from a sandbox.
enum class TemplateType { base, snapshot };
BOOST_DESCRIBE_ENUM(TemplateType, base, snapshot)

// A run of a template definition. `running` has a host; the last three are final.
enum class BuildState { pending, running, success, failed, cancelled };
BOOST_DESCRIBE_ENUM(BuildState, pending, running, success, failed, cancelled)

}  // namespace sandbar
