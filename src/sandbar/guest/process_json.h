// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <process/process.pb.h>

#include "sandbar/rpc/codec.h"

// Hand-written JSON of the messages that every command needs. Reflection-based protobuf JSON is right too,
// but its cold code is what a first command in an emulated machine would wait for.

namespace sandbar::rpc {

template <>
struct JsonForm<process::StartRequest> {
  static Result<process::StartRequest> parse(std::string_view text);
  static std::string print(const process::StartRequest& message);
};

template <>
struct JsonForm<process::ConnectRequest> {
  static Result<process::ConnectRequest> parse(std::string_view text);
  static std::string print(const process::ConnectRequest& message);
};

template <>
struct JsonForm<process::SendInputRequest> {
  static Result<process::SendInputRequest> parse(std::string_view text);
  static std::string print(const process::SendInputRequest& message);
};

template <>
struct JsonForm<process::SendSignalRequest> {
  static Result<process::SendSignalRequest> parse(std::string_view text);
  static std::string print(const process::SendSignalRequest& message);
};

template <>
struct JsonForm<process::StartResponse> {
  static Result<process::StartResponse> parse(std::string_view text);
  static std::string print(const process::StartResponse& message);
};

}  // namespace sandbar::rpc
