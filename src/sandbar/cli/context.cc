// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/context.h"

#include <fmt/format.h>

#include <cstdlib>

#include "sandbar/base/strings.h"
#include "sandbar/cli/output.h"

namespace sandbar::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string first_of(std::initializer_list<std::string> values) {
  for (const auto& value : values)
    if (!value.empty()) return value;
  return "";
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

const Profile* profile_of_url(const ConfigFile& config, const std::string& url) {
  for (const auto& [name, profile] : config.profiles)
    if (without_slash(profile.url) == url) return &profile;
  return nullptr;
}

// "http://127.0.0.1:8080" is known as "127.0.0.1:8080".
std::string name_of_url(const std::string& url) {
  auto at = url.find("://");
  return at == std::string::npos ? url : url.substr(at + 3);
}

}  // namespace

Context::Context(Executor executor, GlobalOptions options, std::vector<std::string> rest)
    : executor_(std::move(executor)), options_(std::move(options)), rest_(std::move(rest)) {}

Result<ConfigFile*> Context::config() {
  if (!config_) {
    TRY(config_, load_config(config_path()));
  }
  return &*config_;
}

Result<void> Context::save_config() {
  TRY(auto* config, this->config());
  return cli::save_config(config_path(), *config);
}

std::string Context::profile_name() const {
  return first_of({options_.profile, variable("SANDBAR_PROFILE")});
}

Result<std::string> Context::url() {
  TRY(auto* config, this->config());
  const auto* profile = config->find(profile_name());
  return without_slash(first_of(
      {options_.url, variable("SANDBAR_URL"), profile ? profile->url : "", std::string(kDefaultUrl)}));
}

Result<Credentials> Context::credentials() {
  TRY(auto* config, this->config());
  auto name = profile_name();
  const auto* profile = config->find(name);
  if (!name.empty() && !profile) return fail(not_found("profile", name));
  auto stored_url = profile ? without_slash(profile->url) : "";
  TRY(auto url, this->url());
  if (url != stored_url) profile = name.empty() ? profile_of_url(*config, url) : nullptr;
  auto stored_key = profile ? profile->api_key.value_or("") : "";
  auto session = profile ? profile->session.value_or("") : "";
  auto key = first_of({options_.api_key, variable("SANDBAR_API_KEY")});
  return Credentials{url, Secret(first_of({key, stored_key})), Secret(key.empty() ? session : "")};
}

std::string Context::profile_for(const std::string& url) {
  if (auto name = profile_name(); !name.empty()) return name;
  auto config = this->config();
  if (config)
    for (const auto& [name, profile] : (*config)->profiles)
      if (without_slash(profile.url) == url) return name;
  return name_of_url(url);
}

Result<Api*> Context::api() {
  if (!api_) {
    TRY(auto credentials, this->credentials());
    TRY(api_, Api::create(executor_, std::move(credentials)));
  }
  return api_.get();
}

void show(const Context& context, const boost::json::value& item, std::string_view text) {
  print(context.json() ? render_json(item) : text);
}

}  // namespace sandbar::cli
