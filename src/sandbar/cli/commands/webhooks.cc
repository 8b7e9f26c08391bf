// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbar/base/strings.h"
#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/views.h"

namespace sandbar::cli {
namespace {

struct NoOptions {};

struct CreateOptions {
  std::string url, description;
  std::vector<std::string> events{"*"};
};

struct IdOptions {
  std::string id;
};

struct RotateOptions {
  std::string id;
  std::int64_t overlap = 24 * 3600;
};

struct DeliveriesOptions {
  std::string id, status;
  std::size_t limit = 50;
};

struct DeliveryOptions {
  std::string id, delivery;
};

struct WebhookView {
  std::string id;
  std::optional<std::string> url, disabled_reason, failing_since, secret;
  std::vector<std::string> events;
  bool enabled = true;
};
BOOST_DESCRIBE_STRUCT(WebhookView, (), (id, url, disabled_reason, failing_since, secret, events, enabled))

struct DeliveryView {
  std::string id;
  std::optional<std::string> event, status, error, created_at, body, response_excerpt;
  std::optional<std::int64_t> attempts, response_status, latency_ms;
};
BOOST_DESCRIBE_STRUCT(DeliveryView, (),
                      (id, event, status, error, created_at, body, response_excerpt, attempts,
                       response_status, latency_ms))

std::string path_of(const std::string& id, std::string_view rest = "") {
  return fmt::format("/v1/webhooks/{}{}", percent_encode(id), rest);
}

std::string state_of(const WebhookView& webhook) {
  if (!webhook.enabled) return webhook.disabled_reason ? "disabled: " + *webhook.disabled_reason : "disabled";
  return webhook.failing_since ? "failing" : "enabled";
}

std::string number(std::optional<std::int64_t> value, std::string_view unit = "") {
  return value ? fmt::format("{}{}", *value, unit) : "";
}

void show_secret(Context& context, const boost::json::value& answer, const WebhookView& webhook) {
  show(context, answer, fmt::format("{}\n{}\n", webhook.id, webhook.secret.value_or("")));
  if (!context.json()) note("This secret signs every delivery. It is shown only now.");
}

Task<Result<int>> list(Context& context, NoOptions) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list("/v1/webhooks", Auth::session));
  CO_TRY(auto webhooks, view_of<std::vector<WebhookView>>(items));
  Table table{{"ID", "STATE", "EVENTS", "URL"}, {}};
  for (const auto& webhook : webhooks)
    table.rows.push_back({webhook.id, state_of(webhook), fmt::format("{}", fmt::join(webhook.events, " ")),
                          webhook.url.value_or("")});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> create(Context& context, CreateOptions options) {
  CO_TRY(auto* api, context.api());
  boost::json::object body{{"url", options.url}, {"events", boost::json::value_from(options.events)}};
  if (!options.description.empty()) body["description"] = options.description;
  CO_TRY(auto answer, co_await api->post("/v1/webhooks", std::move(body), Auth::session));
  CO_TRY(auto made, view_of<WebhookView>(answer));
  show_secret(context, answer, made);
  co_return 0;
}

Task<Result<int>> set_enabled(Context& context, std::string id, bool enabled) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer,
         co_await api->patch(path_of(id), boost::json::object{{"enabled", enabled}}, Auth::session));
  show(context, answer, id + "\n");
  co_return 0;
}
Task<Result<int>> enable(Context& context, IdOptions options) {
  return set_enabled(context, std::move(options.id), true);
}
Task<Result<int>> disable(Context& context, IdOptions options) {
  return set_enabled(context, std::move(options.id), false);
}

Task<Result<int>> remove(Context& context, IdOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY_VOID(co_await api->remove(path_of(options.id), Auth::session));
  show(context, boost::json::object{{"id", options.id}}, options.id + "\n");
  co_return 0;
}

Task<Result<int>> rotate(Context& context, RotateOptions options) {
  CO_TRY(auto* api, context.api());
  boost::json::object body{{"overlap_sec", options.overlap}};
  CO_TRY(auto answer,
         co_await api->post(path_of(options.id, "/rotate-secret"), std::move(body), Auth::session));
  CO_TRY(auto rotated, view_of<WebhookView>(answer));
  show_secret(context, answer, rotated);
  co_return 0;
}

Task<Result<int>> ping(Context& context, IdOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer, co_await api->post(path_of(options.id, "/ping"), nullptr, Auth::session));
  CO_TRY(auto delivery, view_of<DeliveryView>(answer));
  show(context, answer, delivery.id + "\n");
  co_return 0;
}

Task<Result<int>> deliveries(Context& context, DeliveriesOptions options) {
  auto path = path_of(options.id, "/deliveries?limit=200");
  if (!options.status.empty()) path += "&status=" + percent_encode(options.status);
  CO_TRY(auto* api, context.api());
  CO_TRY(auto items, co_await api->list(path, Auth::session, options.limit));
  CO_TRY(auto rows, view_of<std::vector<DeliveryView>>(items));
  Table table{{"ID", "EVENT", "STATUS", "ATTEMPTS", "ANSWER", "TOOK", "MADE", "ERROR"}, {}};
  auto now = SystemClock().now();
  for (const auto& row : rows)
    table.rows.push_back({row.id, row.event.value_or(""), row.status.value_or(""), number(row.attempts),
                          number(row.response_status), number(row.latency_ms, " ms"),
                          human_age(row.created_at.value_or(""), now), row.error.value_or("")});
  show(context, items, render(table));
  co_return 0;
}

Task<Result<int>> delivery(Context& context, DeliveryOptions options) {
  CO_TRY(auto* api, context.api());
  CO_TRY(auto answer,
         co_await api->get(path_of(options.id, "/deliveries/" + percent_encode(options.delivery)),
                           Auth::session));
  CO_TRY(auto found, view_of<DeliveryView>(answer));
  show(context, answer,
       render_fields({{"id", found.id},
                      {"event", found.event.value_or("")},
                      {"status", found.status.value_or("")},
                      {"attempts", number(found.attempts)},
                      {"answer", number(found.response_status)},
                      {"took", number(found.latency_ms, " ms")},
                      {"error", found.error.value_or("")},
                      {"body", found.body.value_or("")},
                      {"answered", found.response_excerpt.value_or("")}}));
  co_return 0;
}

Task<Result<int>> replay(Context& context, DeliveryOptions options) {
  CO_TRY(auto* api, context.api());
  auto path = path_of(options.id, fmt::format("/deliveries/{}/replay", percent_encode(options.delivery)));
  CO_TRY(auto answer, co_await api->post(path, nullptr, Auth::session));
  CO_TRY(auto again, view_of<DeliveryView>(answer));
  show(context, answer, again.id + "\n");
  co_return 0;
}

void add_id_command(CLI::App* group, Chosen& chosen, const std::string& name, const std::string& help,
                    Task<Result<int>> (*run)(Context&, IdOptions)) {
  auto options = std::make_shared<IdOptions>();
  auto* command = group->add_subcommand(name, help);
  command->add_option("id", options->id)->required();
  run_when_chosen(command, chosen, options, run);
}

void add_delivery_command(CLI::App* group, Chosen& chosen, const std::string& name, const std::string& help,
                          Task<Result<int>> (*run)(Context&, DeliveryOptions)) {
  auto options = std::make_shared<DeliveryOptions>();
  auto* command = group->add_subcommand(name, help);
  command->add_option("id", options->id, "the webhook")->required();
  command->add_option("delivery", options->delivery)->required();
  run_when_chosen(command, chosen, options, run);
}

}  // namespace

void add_webhook_commands(CLI::App& app, Chosen& chosen) {
  auto* group =
      app.add_subcommand("webhooks", "Have events sent to a server of yours, and see what was sent");
  run_when_alone(group, chosen, list);
  run_when_chosen(group->add_subcommand("ls", "List the team's webhooks")->alias("list"), chosen,
                  std::make_shared<NoOptions>(), list);

  auto create_options = std::make_shared<CreateOptions>();
  auto* command = group->add_subcommand("create", "Make a webhook and print its secret");
  command->add_option("url", create_options->url, "where events are sent")->required();
  command->add_option("--event", create_options->events,
                      "like sandbox.create, sandbox.* or *; may be repeated");
  command->add_option("--description", create_options->description);
  run_when_chosen(command, chosen, create_options, create);

  add_id_command(group, chosen, "enable", "Enable a webhook", enable);
  add_id_command(group, chosen, "disable", "Disable a webhook; what is still to be sent is given up",
                 disable);
  add_id_command(group, chosen, "rm", "Delete a webhook", remove);
  add_id_command(group, chosen, "ping", "Send a test event", ping);

  auto rotate_options = std::make_shared<RotateOptions>();
  command = group->add_subcommand("rotate", "Replace a webhook's secret and print the new one");
  command->add_option("id", rotate_options->id)->required();
  command->add_option("--overlap", rotate_options->overlap, "seconds for which the old secret signs too")
      ->check(CLI::Range(0, 604800))
      ->capture_default_str();
  run_when_chosen(command, chosen, rotate_options, rotate);

  auto deliveries_options = std::make_shared<DeliveriesOptions>();
  command = group->add_subcommand("deliveries", "List what was sent, newest first");
  command->add_option("id", deliveries_options->id, "the webhook")->required();
  command->add_option("--status", deliveries_options->status)
      ->check(CLI::IsMember({"pending", "delivered", "failed"}));
  command->add_option("--limit", deliveries_options->limit)
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  run_when_chosen(command, chosen, deliveries_options, deliveries);

  add_delivery_command(group, chosen, "delivery", "Show a delivery and its body", delivery);
  add_delivery_command(group, chosen, "replay", "Send a delivery's body again", replay);
}

}  // namespace sandbar::cli
