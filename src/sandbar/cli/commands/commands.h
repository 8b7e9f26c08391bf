// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/cli/context.h"

// One line per group of commands; main.cc adds them all, in the order of the help text.

namespace sandbar::cli {

void add_up_command(CLI::App& app, Chosen& chosen);
void add_down_command(CLI::App& app, Chosen& chosen);
void add_agent_commands(CLI::App& app, Chosen& chosen);    // join, start, stop
void add_account_commands(CLI::App& app, Chosen& chosen);  // login, logout, whoami
void add_session_commands(CLI::App& app, Chosen& chosen);  // sessions, password
void add_create_command(CLI::App& app, Chosen& chosen);
void add_sandbox_commands(CLI::App& app, Chosen& chosen);  // ls, info, pause, resume, rm
void add_exec_commands(CLI::App& app, Chosen& chosen);     // exec, run, shell
void add_copy_command(CLI::App& app, Chosen& chosen);
void add_process_commands(CLI::App& app, Chosen& chosen);  // ps, kill
void add_url_command(CLI::App& app, Chosen& chosen);
void add_template_commands(CLI::App& app, Chosen& chosen);  // snapshot, templates
void add_team_commands(CLI::App& app, Chosen& chosen);      // teams, switch
void add_member_commands(CLI::App& app, Chosen& chosen);    // members, invite, invitations
void add_key_commands(CLI::App& app, Chosen& chosen);
void add_host_commands(CLI::App& app, Chosen& chosen);
void add_audit_command(CLI::App& app, Chosen& chosen);
void add_usage_commands(CLI::App& app, Chosen& chosen);  // usage, quotas, stats, metrics
void add_webhook_commands(CLI::App& app, Chosen& chosen);
void add_completion_command(CLI::App& app, Chosen& chosen);

}  // namespace sandbar::cli
