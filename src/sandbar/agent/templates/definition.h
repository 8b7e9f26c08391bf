// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sandbar/base/result.h"

// A template definition: what docs/guides/templates.md describes, parsed. The parser is strict: an unknown
// word, a scalar given twice or a value out of bounds is an error that names file and line. Nothing is read
// but the text and the files that it includes.

namespace sandbar::agent {

struct FileStep {
  std::string path;  // absolute, without "." and ".."
  unsigned mode = 0644;
  std::string content;
};

struct RunStep {
  std::string script;
};

using BuildStep = std::variant<FileStep, RunStep>;

struct Definition {
  std::string name;
  std::vector<std::string> packages;
  std::vector<BuildStep> steps;  // in the order in which they were written
  std::map<std::string, std::string> env;
  std::string user = "root";
  std::string workdir;  // empty = the user's home
  int vcpus = 1;
  int memory_mib = 512;
  int disk_mib = 4096;
  bool network = false;  // for the run steps
  std::optional<std::string> start;
  std::optional<std::string> healthcheck;
};

// Where `include NAME` and `file … < NAME` look: regular files directly in these folders, the first that has
// one wins.
struct DefinitionFolders {
  std::vector<std::filesystem::path> folders;

  // not_found, or too_large beyond 16 MiB.
  Result<std::string> read(const std::string& name) const;
};

// `name` stands in for a definition that gives none.
Result<Definition> parse_definition(std::string_view text, const DefinitionFolders& folders,
                                    std::string name = {});

}  // namespace sandbar::agent
