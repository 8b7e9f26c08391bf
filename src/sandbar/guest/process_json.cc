// SPDX-License-Identifier: Apache-2.0
#include "sandbar/guest/process_json.h"

#include "sandbar/base/strings.h"
#include "sandbar/guest/json_scanner.h"
#include "sandbar/json/encode.h"

namespace sandbar::rpc {
namespace {

using guest::JsonScanner;

void read_strings(JsonScanner& in, google::protobuf::Map<std::string, std::string>& into) {
  in.object([&](std::string_view name) {
    std::string key(name), value;
    if (in.null() || !in.text(value)) return void(in.refuse());
    into[key] = std::move(value);
  });
}

void read_config(JsonScanner& in, process::ProcessConfig& into) {
  in.object([&](std::string_view name) {
    if (name == "cmd") return void(in.text(*into.mutable_cmd()));
    if (name == "args") return void(in.array([&] { in.text(*into.add_args()); }));
    if (name == "envs") return read_strings(in, *into.mutable_envs());
    if (name == "cwd") return void(in.null() || in.text(*into.mutable_cwd()));
    in.skip();
  });
}

void read_pty(JsonScanner& in, process::StartRequest& into) {
  if (in.null()) return;
  auto& size = *into.mutable_pty()->mutable_size();
  in.object([&](std::string_view name) {
    if (name != "size") return void(in.skip());
    in.object([&](std::string_view field) {
      std::uint32_t number = 0;
      if (field == "cols") return void(in.number(number) && (size.set_cols(number), true));
      if (field == "rows") return void(in.number(number) && (size.set_rows(number), true));
      in.skip();
    });
  });
}

void read_start(JsonScanner& in, process::StartRequest& into) {
  in.object([&](std::string_view name) {
    if (name == "process") return read_config(in, *into.mutable_process());
    if (name == "pty") return read_pty(in, into);
    if (name == "tag") return void(in.null() || in.text(*into.mutable_tag()));
    bool flag = true;
    if (name == "stdin") return void(in.null() || (in.boolean(flag) && (into.set_stdin(flag), true)));
    in.skip();
  });
}

void read_selector(JsonScanner& in, process::ProcessSelector& into) {
  in.object([&](std::string_view name) {
    std::uint32_t pid = 0;
    if (name == "pid") return void(in.null() || (in.number(pid) && (into.set_pid(pid), true)));
    if (name == "tag") return void(in.null() || in.text(*into.mutable_tag()));
    in.skip();
  });
}

void read_bytes(JsonScanner& in, std::string& into) {
  std::string text;
  if (!in.text(text)) return;
  auto bytes = text.find_first_of("-_") == text.npos ? from_base64(text) : from_base64url(text);
  if (!bytes) return void(in.refuse());
  into = std::move(*bytes);
}

void read_input(JsonScanner& in, process::ProcessInput& into) {
  in.object([&](std::string_view name) {
    if (name == "stdin") return read_bytes(in, *into.mutable_stdin());
    if (name == "pty") return read_bytes(in, *into.mutable_pty());
    in.skip();
  });
}

void read_signal(JsonScanner& in, process::SendSignalRequest& into) {
  if (in.null()) return;
  std::uint32_t number = 0;
  if (in.next_is_text()) {
    std::string name;
    process::Signal value;
    if (in.text(name) && process::Signal_Parse(name, &value)) return into.set_signal(value);
    in.refuse();
  } else if (in.number(number)) {
    into.set_signal(static_cast<process::Signal>(number));
  }
}

// An empty text is an empty message.
template <class Message, class Read>
Result<Message> parse_with(std::string_view text, Read read) {
  Message message;
  if (text.empty()) return message;
  JsonScanner in(text);
  read(in, message);
  if (!in.finished() || !is_utf8(text))
    return fail(invalid_request("the message is not valid JSON of its type"));
  return message;
}

void append_bytes(std::string& out, std::string_view name, std::string_view bytes) {
  fmt::format_to(std::back_inserter(out), R"({{"event":{{"data":{{"{}":")", name);
  out += to_base64(bytes);
  out += "\"}}}";
}

void append_data(std::string& out, const process::ProcessEvent::DataEvent& data) {
  out.reserve(64 + (data.stdout().size() + data.stderr().size() + data.pty().size()) / 3 * 4);
  if (data.has_stdout()) return append_bytes(out, "stdout", data.stdout());
  if (data.has_stderr()) return append_bytes(out, "stderr", data.stderr());
  append_bytes(out, "pty", data.pty());
}

void append_end(std::string& out, const process::ProcessEvent::EndEvent& end) {
  fmt::format_to(std::back_inserter(out), R"({{"event":{{"end":{{"exitCode":{},"exited":{},"status":)",
                 end.exit_code(), end.exited());
  json::append_string(out, end.status());
  if (end.has_error()) {
    out += R"(,"error":)";
    json::append_string(out, end.error());
  }
  out += "}}}";
}

}  // namespace

Result<process::StartRequest> JsonForm<process::StartRequest>::parse(std::string_view text) {
  return parse_with<process::StartRequest>(text, read_start);
}

Result<process::ConnectRequest> JsonForm<process::ConnectRequest>::parse(std::string_view text) {
  return parse_with<process::ConnectRequest>(text, [](JsonScanner& in, process::ConnectRequest& into) {
    in.object([&](std::string_view name) {
      if (name == "process") return read_selector(in, *into.mutable_process());
      in.skip();
    });
  });
}

Result<process::SendInputRequest> JsonForm<process::SendInputRequest>::parse(std::string_view text) {
  return parse_with<process::SendInputRequest>(text, [](JsonScanner& in, process::SendInputRequest& into) {
    in.object([&](std::string_view name) {
      if (name == "process") return read_selector(in, *into.mutable_process());
      if (name == "input") return read_input(in, *into.mutable_input());
      in.skip();
    });
  });
}

Result<process::SendSignalRequest> JsonForm<process::SendSignalRequest>::parse(std::string_view text) {
  return parse_with<process::SendSignalRequest>(text, [](JsonScanner& in, process::SendSignalRequest& into) {
    in.object([&](std::string_view name) {
      if (name == "process") return read_selector(in, *into.mutable_process());
      if (name == "signal") return read_signal(in, into);
      in.skip();
    });
  });
}

Result<process::StartResponse> JsonForm<process::StartResponse>::parse(std::string_view text) {
  process::StartResponse message;
  if (auto read = detail::decode_message(Codec::json, text, message); !read)
    return fail(std::move(read).error());
  return message;
}

std::string JsonForm<process::StartResponse>::print(const process::StartResponse& message) {
  std::string out;
  const auto& event = message.event();
  switch (event.event_case()) {
    case process::ProcessEvent::kStart:
      return fmt::format(R"({{"event":{{"start":{{"pid":{}}}}}}})", event.start().pid());
    case process::ProcessEvent::kData:
      append_data(out, event.data());
      break;
    case process::ProcessEvent::kEnd:
      append_end(out, event.end());
      break;
    case process::ProcessEvent::kKeepalive:
      return R"({"event":{"keepalive":{}}})";
    case process::ProcessEvent::EVENT_NOT_SET:
      return "{}";
  }
  return out;
}

std::string JsonForm<process::StartRequest>::print(const process::StartRequest& m) {
  return detail::encode_message(Codec::json, m);
}
std::string JsonForm<process::ConnectRequest>::print(const process::ConnectRequest& m) {
  return detail::encode_message(Codec::json, m);
}
std::string JsonForm<process::SendInputRequest>::print(const process::SendInputRequest& m) {
  return detail::encode_message(Codec::json, m);
}
std::string JsonForm<process::SendSignalRequest>::print(const process::SendSignalRequest& m) {
  return detail::encode_message(Codec::json, m);
}

}  // namespace sandbar::rpc
