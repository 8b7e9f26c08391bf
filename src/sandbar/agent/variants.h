// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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

  // The image for `shape`: the template's own, or a variant. An image that does not fit this machine (a new
  // QEMU, or a template of another host) makes way for a variant of the same shape, and stays for the
  // sandboxes that are based on it. A snapshot has no disk of its own that could be booted: its image is what
  // it is, and invalid_state where it does not fit.
  Task<Result<TemplateImage>> image_for(TemplateInfo tpl, VmShape shape);
  // Variants that fit this machine no more and that nothing needs.
  void remove_stale(const TemplateInfo& tpl,
                    const std::function<bool(const std::filesystem::path&)>& is_used) const;
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
