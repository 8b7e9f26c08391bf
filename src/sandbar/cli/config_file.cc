// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/config_file.h"

#include <cstdlib>
#include <filesystem>

#include "sandbar/base/try.h"
#include "sandbar/cli/files.h"
#include "sandbar/json/encode.h"

namespace sandbar::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

const Profile* ConfigFile::find(const std::string& name) const {
  auto it = profiles.find(name.empty() ? current.value_or("") : name);
  return it == profiles.end() ? nullptr : &it->second;
}

std::string config_path() {
  if (auto path = variable("SANDBAR_CONFIG"); !path.empty()) return path;
  auto base = variable("XDG_CONFIG_HOME");
  if (base.empty()) base = variable("HOME") + "/.config";
  return base + "/sandbar/config.json";
}

Result<ConfigFile> load_config(const std::string& path) {
  auto text = read_file(path);
  if (!text && text.error().code == Errc::not_found) return ConfigFile{};
  if (!text) return fail(std::move(text).error());
  auto config = json::decode_text<ConfigFile>(*text);
  if (!config)
    return fail(invalid_request(path + " is damaged: " + config.error().message + "; correct or remove it"));
  return config;
}

Result<void> save_config(const std::string& path, const ConfigFile& config) {
  auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder)) TRY_VOID(make_folder(folder, 0700));
  return write_file(path, json::encode(config) + "\n", 0600);
}

}  // namespace sandbar::cli
