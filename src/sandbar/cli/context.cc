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

// Empty if there is none.
std::string profile_of_url(const ConfigFile& config, const std::string& url) {
  for (const auto& [name, profile] : config.profiles)
    if (without_slash(profile.url) == url) return name;
  return "";
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

Result<std::string> Context::profile_in_use() {
  TRY(auto* config, this->config());
  TRY(auto url, this->url());
  auto asked = profile_name();
  auto name = first_of({asked, config->current.value_or("")});
  auto found = config->profiles.find(name);
  if (!asked.empty() && found == config->profiles.end()) return fail(not_found("profile", asked));
  if (found != config->profiles.end() && without_slash(found->second.url) == url) return name;
  return asked.empty() ? profile_of_url(*config, url) : "";
}

Result<Credentials> Context::credentials() {
  TRY(auto* config, this->config());
  TRY(auto url, this->url());
  TRY(auto name, profile_in_use());
  auto profile = name.empty() ? Profile{} : config->profiles.at(name);
  auto key = first_of({options_.api_key, variable("SANDBAR_API_KEY")});
  if (!key.empty()) return Credentials{url, Secret(key), {}};
  return Credentials{url, Secret(profile.api_key.value_or("")), Secret(profile.session.value_or("")),
                     Secret(profile.renewal.value_or(""))};
}

// Another run of this program may have changed the file meanwhile.
void Context::keep_session(const Credentials& renewed) {
  auto name = profile_in_use();
  config_.reset();
  auto config = this->config();
  if (!name || !config) return note("The renewed session could not be kept");
  auto profile = (*config)->profiles.find(*name);
  if (profile == (*config)->profiles.end()) return;
  profile->second.session = renewed.session.reveal();
  profile->second.renewal = renewed.renewal.reveal();
  if (auto saved = save_config(); !saved)
    note("The renewed session could not be kept: " + saved.error().message);
}

std::string Context::profile_for(const std::string& url) {
  if (auto name = profile_name(); !name.empty()) return name;
  auto config = this->config();
  return first_of({config ? profile_of_url(**config, url) : "", name_of_url(url)});
}

Result<Api*> Context::api() {
  if (!api_) {
    TRY(auto credentials, this->credentials());
    TRY(api_, Api::create(executor_, std::move(credentials), std::bind_front(&Context::keep_session, this)));
  }
  return api_.get();
}

void show(const Context& context, const boost::json::value& item, std::string_view text) {
  print(context.json() ? render_json(item) : text);
}

}  // namespace sandbar::cli
