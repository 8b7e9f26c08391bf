// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/vm/device_state.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "sandbar/agent/disk/files.h"
#include "sandbar/base/try.h"

namespace sandbar::agent {
namespace {

namespace bj = boost::json;

constexpr auto kLoadLimit = std::chrono::seconds(60);

Result<std::int64_t> fd_set_of(const bj::value& answer) {
  auto* object = answer.if_object();
  auto* number = object ? object->if_contains("fdset-id") : nullptr;
  if (!number || !number->is_int64()) return fail(internal_error("QMP add-fd: no fdset-id"));
  return number->get_int64();
}

Task<Result<void>> await_migration(QmpClient& qmp) {
  while (true) {
    CO_TRY(auto event, co_await qmp.wait_event("MIGRATION", kLoadLimit));
    auto* status = event.if_contains("status");
    if (status && *status == "completed") co_return Result<void>{};
    if (status && *status == "failed")
      co_return fail(Error{Errc::data_loss, "the stored device state is damaged", "QEMU cannot load it"});
  }
}

}  // namespace

Task<Result<void>> save_device_state(QmpClient& qmp, fs::path into) {
  CO_TRY(auto fd, open_file(into, O_WRONLY | O_CREAT | O_TRUNC));
  CO_TRY(auto added, co_await qmp.execute("add-fd", {}, fd.get()));
  CO_TRY(auto set, fd_set_of(added));
  bj::object arguments{{"filename", fmt::format("/dev/fdset/{}", set)}, {"live", false}};
  auto saved = co_await qmp.execute("xen-save-devices-state", std::move(arguments));
  auto removed = co_await qmp.execute("remove-fd", {{"fdset-id", set}});
  struct stat info{};
  // QEMU does not tell a full disk from other trouble.
  if (::fstat(fd.get(), &info) == 0 && info.st_size == 0)
    co_return fail(errno_error("save device state", ENOSPC));
  if (!saved) co_return fail(std::move(saved).error());
  co_return Result<void>{};
}

Task<Result<void>> load_device_state(QmpClient& qmp, fs::path from) {
  CO_TRY(auto fd, open_file(from, O_RDONLY));
  bj::object events{{"capability", "events"}, {"state", true}};
  bj::array capabilities;
  capabilities.push_back(std::move(events));
  CO_TRY(auto set,
         co_await qmp.execute("migrate-set-capabilities", {{"capabilities", std::move(capabilities)}}));
  CO_TRY(auto given, co_await qmp.execute("getfd", {{"fdname", "state"}}, fd.get()));
  CO_TRY(auto begun, co_await qmp.execute("migrate-incoming", {{"uri", "fd:state"}}));
  co_return co_await await_migration(qmp);
}

}  // namespace sandbar::agent
