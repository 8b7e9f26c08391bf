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
// the same one. A variant of a template's own shape is made when its image is outdated, by an update of
// Sandbar, or fits this machine no more.

namespace sandbar::agent {

class Variants {
 public:
  explicit Variants(World& world) : world_(world) {}

  struct Found {
    TemplateImage image;
    Fit fit;
  };
  // An image for `shape` that is there: the template's own, or a variant; the best, if there are several.
  // An image that does not fit this machine (a new QEMU, or a template of another host) is none, and stays
  // for the sandboxes that are based on it: then invalid_state says what differs. not_found for a shape that
  // none was made for.
  Result<Found> find(const TemplateInfo& tpl, VmShape shape) const;
  // The same, and where nothing is found, a variant is made. A snapshot has no disk of its own that could be
  // booted: its image is what it is, and invalid_state where it does not fit.
  Task<Result<Found>> provide(TemplateInfo tpl, VmShape shape);
  // The same, and made as well if what is found is outdated: it stays in use until then.
  Task<Result<Found>> provide_current(TemplateInfo tpl, VmShape shape);
  // Variants that nothing needs and that fit this machine no more, or have a current one beside them.
  void remove_stale(const TemplateInfo& tpl,
                    const std::function<bool(const std::filesystem::path&)>& is_used) const;
  static bool can_vary(const TemplateInfo& tpl);
  // What the image was made with.
  static VmShape own_shape(const TemplateInfo& tpl);

 private:
  Result<Found> look_at(TemplateImage image) const;
  Task<Result<Found>> make(TemplateInfo tpl, VmShape shape);
  Task<Result<void>> warm_once(std::filesystem::path disk, VmShape shape, std::filesystem::path into);
  Task<Result<void>> warm(std::filesystem::path disk, VmShape shape, std::filesystem::path into);

  World& world_;
  std::map<std::string, std::shared_ptr<TaskLock>> warming_;  // by directory of the variant
};

}  // namespace sandbar::agent
