// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbar/guest/process_json.h"
#include "sandbar/guest/process_table.h"
#include "sandbar/guest/session.h"
#include "sandbar/rpc/connect_server.h"

namespace sandbar::guest {

// process.Process: checks requests, starts commands as the requesting user, and turns processes into streams
// of events. A client that leaves does not end its process; the call's deadline does.
class ProcessService {
 public:
  ProcessService(Session& session, ProcessTable& table) : session_(session), table_(table) {}
  void add_to(rpc::ConnectServer& server);
  // The client stream that ConnectServer has no form for: POST /process.Process/StreamInput.
  Task<void> stream_input(http::Exchange& exchange);

 private:
  Task<Result<void>> start(rpc::CallContext& call, process::StartRequest request,
                           rpc::StreamWriter<process::StartResponse>& out);
  Task<Result<void>> connect(rpc::CallContext& call, process::ConnectRequest request,
                             rpc::StreamWriter<process::ConnectResponse>& out);
  Task<Result<process::ListResponse>> list(rpc::CallContext& call, process::ListRequest request);
  Task<Result<process::UpdateResponse>> update(rpc::CallContext& call, process::UpdateRequest request);
  Task<Result<process::SendInputResponse>> send_input(rpc::CallContext& call,
                                                      process::SendInputRequest request);
  Task<Result<process::SendSignalResponse>> send_signal(rpc::CallContext& call,
                                                        process::SendSignalRequest request);
  Task<Result<process::CloseStdinResponse>> close_stdin(rpc::CallContext& call,
                                                        process::CloseStdinRequest request);

  Result<Process::Options> options_for(const rpc::CallContext& call, process::StartRequest request);
  Task<Result<void>> receive_input(http::Exchange& exchange, rpc::Codec codec);
  Task<Result<void>> input(const process::ProcessSelector& selector, process::ProcessInput input);

  Session& session_;
  ProcessTable& table_;
};

}  // namespace sandbar::guest
