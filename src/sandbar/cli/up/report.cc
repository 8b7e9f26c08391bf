// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/up/report.h"

#include <fmt/format.h>
#include <unistd.h>

#include "sandbar/cli/output.h"

namespace sandbar::cli {

void Report::step(const std::string& what) {
  done();
  step_ = what;
  begin_ = Clock::now();
  line(toned(Tone::bold, "==>", fd_) + " " + what);
}

void Report::detail(const std::string& text) { line("    " + printable(text)); }

void Report::done() {
  auto seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  if (!step_.empty() && seconds >= 2) line(fmt::format("    done in {:.0f} s", seconds));
  step_.clear();
}

void Report::line(const std::string& text) {
  auto whole = text + "\n";
  [[maybe_unused]] auto written = ::write(fd_, whole.data(), whole.size());
}

}  // namespace sandbar::cli
