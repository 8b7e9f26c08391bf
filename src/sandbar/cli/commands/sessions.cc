// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/terminal.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct NoOptions {};

struct EndOptions {
  std::vector<std::string> ids;
  bool others = false;
};

Task<Result<int>> list(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list("/v1/me/sessions", Auth::session));
  CO_TRY(auto sessions, view_of<std::vector<SessionView>>(items));
  Table table{{"ID", "FROM", "PROGRAM", "SIGNED IN", "LAST SEEN", ""}, {}};
  auto now = SystemClock().now();
  for (const auto& session : sessions)
    table.rows.push_back({session.id, session.ip.value_or(""), session.user_agent.value_or(""),
                          human_age(session.created_at.value_or(""), now),
                          human_age(session.last_seen_at.value_or(""), now),
                          session.is_current.value_or(false) ? "this one" : ""});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> end(Context& context, EndOptions options) {
  if (options.ids.empty() == !options.others)
    co_return fail(invalid_request("say which: sandbar sessions end ID…, or --others"));
  CO_TRY(auto* api, context.api());
  if (options.others) CO_TRY_VOID(co_await api->remove("/v1/me/sessions", Auth::session));
  for (const auto& id : options.ids) {
    CO_TRY_VOID(co_await api->remove("/v1/me/sessions/" + percent_encode(id), Auth::session));
    if (!context.json()) print_line(id);
  }
  if (context.json()) print(render_json(boost::json::value_from(options.ids)));
  co_return 0;
}

// From the terminal, or one line of standard input for each.
Result<std::string> ask_for(const std::string& question) {
  auto line = stdin_is_terminal() ? ask_secret(question) : ask("");
  if (!line) return fail(invalid_request("two lines are needed: the current password and the new one"));
  return *std::move(line);
}

Task<Result<int>> change_password(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto current, ask_for("Current password (empty if you have none): "));
  CO_TRY(auto wanted, ask_for("New password: "));
  if (stdin_is_terminal()) {
    CO_TRY(auto again, ask_for("New password again: "));
    if (again != wanted) co_return fail(invalid_request("the two new passwords differ"));
  }
  boost::json::object body{{"new_password", wanted}};
  if (!current.empty()) body["current_password"] = current;
  CO_TRY_VOID(co_await api->post("/v1/me/password", std::move(body), Auth::session));
  note("The password is changed, and every other session has ended");
  co_return 0;
}

}  // namespace

void add_session_commands(CLI::App& app, Chosen& chosen) {
  auto* group = app.add_subcommand("sessions", "List and end the places where you are logged in");
  run_when_alone(group, chosen, list);
  auto none = std::make_shared<NoOptions>();
  run_when_chosen(group->add_subcommand("ls", "List your sessions")->alias("list"), chosen, none, list);

  auto end_options = std::make_shared<EndOptions>();
  auto* command = group->add_subcommand("end", "End sessions at once");
  command->add_option("ids", end_options->ids);
  command->add_flag("--others", end_options->others, "all but this one");
  run_when_chosen(command, chosen, end_options, end);

  run_when_chosen(app.add_subcommand("password", "Change your password"), chosen, none, change_password);
}

}  // namespace sandbar::cli
