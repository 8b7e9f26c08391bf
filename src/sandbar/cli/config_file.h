// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>

#include "sandbar/base/result.h"

// ~/.config/sandbar/config.json (0600): the servers that this user knows, by profile name, and which one is
// meant when nothing is said. Written whole to a temporary file and renamed, so that a crash leaves the old
// one.

namespace sandbar::cli {

struct Profile {
  std::string url;
  std::optional<std::string> api_key;
  std::optional<std::string> email;
  std::optional<std::string> session;                 // user token; it runs out after some hours
  std::optional<std::string> renewal;                 // what gives the next one
  std::optional<std::string> team;                    // that both are for
  std::map<std::string, std::string> team_keys = {};  // keys of the teams that this profile has worked in
};
BOOST_DESCRIBE_STRUCT(Profile, (), (url, api_key, email, session, renewal, team, team_keys))

struct ConfigFile {
  std::optional<std::string> current;
  std::map<std::string, Profile> profiles;

  // The named profile, or the current one when `name` is empty; null if there is none.
  const Profile* find(const std::string& name) const;
};
BOOST_DESCRIBE_STRUCT(ConfigFile, (), (current, profiles))

// $SANDBAR_CONFIG, else below $XDG_CONFIG_HOME, else below ~/.config.
std::string config_path();
// An absent file is an empty configuration.
Result<ConfigFile> load_config(const std::string& path);
Result<void> save_config(const std::string& path, const ConfigFile& config);

}  // namespace sandbar::cli
