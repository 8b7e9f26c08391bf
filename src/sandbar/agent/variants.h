// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sandbar/agent/sandbox.h"
#include "sandbar/agent/templates/catalogue.h"

// A memory image fits only the processors and memory that it was made with. A sandbox that wants others of a
// template starts from a variant: the same disk, booted once with that shape, kept under
// templates/tpl-…/variants/. It is made when it is first asked for; everybody who asks meanwhile waits for
// the same one.

namespace sandbar::agent {

class Variants {
 public:
  explicit Variants(World& world) : world_(world) {}

  // The image for `shape`: the template's own, or a variant. A snapshot has no disk of its own that could be
  // booted: its image is what it is.
  Task<Result<TemplateImage>> image_for(TemplateInfo tpl, VmShape shape);
  static bool can_vary(const TemplateInfo& tpl);
  // What the image was made with.
  static VmShape own_shape(const TemplateInfo& tpl);

 private:
  Task<Result<TemplateImage>> warm_once(std::filesystem::path disk, VmShape shape,
                                        std::filesystem::path into);
  Task<Result<void>> warm(std::filesystem::path disk, VmShape shape, std::filesystem::path into);

  World& world_;
  std::map<std::string, std::shared_ptr<TaskLock>> warming_;  // by directory of the variant
};

}  // namespace sandbar::agent
