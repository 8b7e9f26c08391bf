// SPDX-License-Identifier: Apache-2.0
#include "sandbar/control/audit/export.h"

#include <boost/json/serialize.hpp>

#include "sandbar/control/audit/chain_store.h"

namespace sandbar::control::audit {
namespace {

// A spreadsheet takes a cell that begins so for a formula, and would run it.
bool is_formula(std::string_view text) {
  return !text.empty() && std::string_view("=+-@\t\r").contains(text.front());
}

void append_cell(std::string& line, std::string_view text) {
  if (!line.empty()) line += ',';
  line += '"';
  if (is_formula(text)) line += '\'';
  for (char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

std::string csv_line(const Entry& entry, Detail detail) {
  bool full = detail == Detail::full;
  std::string line;
  for (const auto& text :
       {to_rfc3339(entry.created_at), entry.id.str(), std::string(enum_name(entry.status)),
        std::string(enum_name(entry.actor_type)), entry.actor_id.value_or(""), entry.actor_name,
        entry.resource_type, entry.action, entry.resource_id.value_or(""),
        std::string(enum_name(entry.scope)),
        entry.metadata.empty() ? std::string() : boost::json::serialize(entry.metadata),
        full ? entry.source_ip : "", full ? entry.user_agent : "",
        full && entry.seq ? std::to_string(*entry.seq) : "", full ? entry.hash.value_or("") : ""})
    append_cell(line, text);
  return line + "\r\n";
}

std::string json_line(const Entry& entry, Detail detail) {
  auto object = sealed_form(entry);
  if (detail == Detail::team) {
    object.erase("source_ip");
    object.erase("user_agent");
  } else if (entry.seq && entry.hash) {
    object["seq"] = *entry.seq;
    object["hash"] = *entry.hash;
  }
  return boost::json::serialize(object) + "\n";
}

}  // namespace

std::string first_line(ExportFormat format) {
  if (format == ExportFormat::jsonl) return {};
  return "created_at,id,status,actor_type,actor_id,actor_name,resource_type,action,resource_id,scope,"
         "metadata,"
         "source_ip,user_agent,seq,hash\r\n";
}

std::string line_of(const Entry& entry, ExportFormat format, Detail detail) {
  return format == ExportFormat::csv ? csv_line(entry, detail) : json_line(entry, detail);
}

}  // namespace sandbar::control::audit
