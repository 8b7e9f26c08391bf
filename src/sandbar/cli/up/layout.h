// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbar/base/result.h"
#include "sandbar/proc/child.h"

// Where `sandbar up` keeps what belongs to one installation. Everything is below one folder, so that several
// of them can live side by side and removing the folder removes it all.

namespace sandbar::cli {

inline constexpr const char* kDefaultState = "/var/lib/sandbar";
// With it the user brings a certificate, and we make none.
inline constexpr std::string_view kCertificateSetting = "SANDBAR_TLS_CERTIFICATE";
// With it the user brings a dashboard, and ours is not served.
inline constexpr std::string_view kWebSetting = "SANDBAR_WEB";
inline constexpr const char* kSystemUser = "sandbar";
// Every installation has it; db/migrations/0001_initial.sql seeds its row.
inline constexpr const char* kBaseTemplate = "tpl-00000000-0000-4000-8000-000000000001";

struct Layout {
  std::string root;

  std::string lock() const { return root + "/lock"; }
  std::string options() const { return root + "/options.json"; }
  std::string info() const { return root + "/info.json"; }
  std::string admin() const { return root + "/admin.json"; }  // first login, 0600
  std::string secret() const { return root + "/secret"; }
  std::string logs() const { return root + "/logs"; }
  std::string log(const std::string& name) const { return logs() + "/" + name + ".log"; }
  std::string mark(const std::string& name) const { return root + "/processes/" + name + ".json"; }
  std::string programs() const { return root + "/bin"; }
  std::string web() const { return root + "/web"; }            // the dashboard that is served
  std::string postgres() const { return root + "/postgres"; }  // socket
  std::string cluster() const { return postgres() + "/data"; }
  // Of HTTPS: an authority for this machine, and what it has signed.
  std::string tls() const { return root + "/tls"; }
  std::string tls_authority() const { return tls() + "/authority.pem"; }
  std::string tls_authority_key() const { return tls() + "/authority.key"; }
  std::string tls_certificate() const { return tls() + "/certificate.pem"; }
  std::string tls_key() const { return tls() + "/certificate.key"; }
  std::string tls_domain() const { return tls() + "/domain"; }
  // The agent's own: templates, sandboxes, kernel, run, build, cache.
  const std::string& agent() const { return root; }
  std::string agent_credentials() const { return agent() + "/credentials.json"; }
  std::string base_template() const { return agent() + "/templates/" + kBaseTemplate + "/manifest.json"; }
};

// What `up` was told, kept in the state folder so that the next `up` needs only --state.
struct UpOptions {
  std::string listen;        // of control
  std::string agent_listen;  // of the agent
  std::string hypervisor;    // empty: whatever the machine can do
  std::vector<std::string> control_env, agent_env;
  std::optional<std::string> tls_listen = {};  // of control, for HTTPS
};
BOOST_DESCRIBE_STRUCT(UpOptions, (), (listen, agent_listen, hypervisor, control_env, agent_env, tls_listen))

// There while everything is ready.
struct RunningInfo {
  std::string url;
  std::optional<std::string> dashboard = {};
  std::optional<std::string> tls_url = {}, authority = {};  // and the file to trust for it, if it is ours
};
BOOST_DESCRIBE_STRUCT(RunningInfo, (), (url, dashboard, tls_url, authority))

// Answer of `sandbar-control bootstrap`.
struct Admin {
  std::string email, password, user_id, team_id, api_key, host_id, registration_token;
};
BOOST_DESCRIBE_STRUCT(Admin, (), (email, password, user_id, team_id, api_key, host_id, registration_token))

// Absolute, and short enough for the sockets in it.
Result<Layout> layout_of(const std::string& state);
// The value of a NAME=value among the environment that the user gave.
std::optional<std::string> given_setting(const std::vector<std::string>& environment, std::string_view name);
// "0.0.0.0:8080" and ":8080" are reached at "127.0.0.1:8080".
std::string local_address(const std::string& listen);
Result<proc::Identity> system_user();
// The folder of this program, where the others are as well.
std::string program_folder();
// The built dashboard that lies beside the programs, in share/sandbar/web; nothing if none was built.
std::optional<std::string> built_dashboard();
// templates/base.template of the tree or of the installed package.
Result<std::string> base_template_file();

}  // namespace sandbar::cli
