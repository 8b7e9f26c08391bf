// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/agent/vm/hypervisor.h"
#include "sandbar/agent/vm/manifest.h"
#include "sandbar/base/id.h"
#include "sandbar/base/result.h"

// The templates that this host has: the folders templates/tpl-…/ of the state directory. A folder that holds
// a manifest.json is a whole template; the hypervisor publishes it by rename. template.json beside it is what
// a sandbox's first moments need besides the image. A snapshot starts with a copy of its origin's. What was
// read is kept while its files stay as they were; for the tasks of one thread.

namespace sandbar::agent {

// What the definition asks for in every sandbox: env, user and folder go to the guest with /init, `start` is
// started in the background as `user` right after it.
struct TemplateSettings {
  std::string name;
  int vcpus = 1;
  int memory_mib = 512;
  int disk_mib = 0;
  std::string user;
  std::string workdir;
  std::map<std::string, std::string> env;
  std::optional<std::string> start;
};
BOOST_DESCRIBE_STRUCT(TemplateSettings, (), (name, vcpus, memory_mib, disk_mib, user, workdir, env, start))

struct TemplateInfo {
  TemplateId id;
  TemplateImage image;
  TemplateSettings settings = {};
  std::optional<Manifest> manifest = {};  // of the image; nothing if this agent cannot read it
};

// Allocated on disk: all layers, the memory image, and what was made from them for other shapes.
std::uint64_t stored_bytes(const TemplateInfo& tpl);

// template.json of a template's folder, written with fsync and rename.
Result<void> write_settings(const std::filesystem::path& folder, const TemplateSettings& settings);

class TemplateCatalogue {
 public:
  explicit TemplateCatalogue(std::filesystem::path state) : directory_(std::move(state) / "templates") {}

  // In the order of their ids. A folder that is not a whole template is left out.
  Result<std::vector<TemplateInfo>> list() const;
  Result<TemplateInfo> get(TemplateId id) const;
  bool has(TemplateId id) const;
  // For a template that somebody else published here (a snapshot): its settings, written with fsync and
  // rename.
  Result<void> set_settings(TemplateId id, const TemplateSettings& settings) const;
  // The template is gone at once for everybody else; its files may take longer. Whether it is in use is the
  // caller's business. not_found if there is none.
  Result<void> remove(TemplateId id) const;

  std::filesystem::path path_of(TemplateId id) const { return directory_ / id.str(); }

 private:
  // A file as it was when it was read; all zero if there was none.
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = 0, changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Known {
    Stamp manifest, settings;
    TemplateInfo info;
  };
  static Stamp stamp_of(const std::filesystem::path& file);

  std::filesystem::path directory_;
  mutable std::map<TemplateId, Known> known_;  // of those that get() was asked for
};

}  // namespace sandbar::agent
