// SPDX-License-Identifier: Apache-2.0
#include "sandbar/cli/definition.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/cli/files.h"

namespace sandbar::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 8;
constexpr std::string_view kScalars[] = {"name",   "network", "user",  "workdir",    "vcpus",
                                         "memory", "disk",    "start", "healthcheck"};

// A word with what belongs to it, and the file that it stood in.
struct Item {
  std::string word, text;
  int file = 0;
};

class Writer {
 public:
  explicit Writer(fs::path folder) : folder_(std::move(folder)) {}

  Result<void> add(std::string_view text, int depth) {
    if (depth > kDeepest) return fail(invalid_request("includes are nested too deeply"));
    int file = ++files_;
    for (auto raw : split(text, '\n')) {
      auto line = trim(raw);
      if (line.starts_with('|') && !items_.empty()) {
        items_.back().text += fmt::format("{}\n", raw);
      } else if (!line.empty() && !line.starts_with('#')) {
        TRY_VOID(add_line(line, file, depth));
      }
    }
    return {};
  }

  std::string text() const {
    std::string all;
    for (const auto& item : items_) all += item.text;
    return all;
  }

 private:
  Result<void> add_line(std::string_view line, int file, int depth) {
    auto space = std::min(line.find_first_of(" \t"), line.size());
    auto word = line.substr(0, space), rest = trim(line.substr(space));
    if (word == "include" && is_here(rest)) {
      TRY(auto included, read_file((folder_ / rest).string()));
      return add(included, depth + 1);
    }
    if (std::ranges::find(kScalars, word) != std::end(kScalars))
      std::erase_if(items_, [&](const Item& item) { return item.word == word && item.file != file; });
    auto from = word == "file" ? rest.find('<') : rest.npos;
    if (from != rest.npos && is_here(trim(rest.substr(from + 1))))
      return add_content(rest.substr(0, from), trim(rest.substr(from + 1)), file);
    items_.push_back({std::string(word), fmt::format("{}\n", line), file});
    return {};
  }

  // Only what | lines can say: whole lines of text without spaces at their ends.
  Result<void> add_content(std::string_view target, std::string_view name, int file) {
    TRY(auto content, read_file((folder_ / name).string()));
    auto text = fmt::format("file {}\n", target);
    bool sayable =
        content.ends_with('\n') && is_utf8(content) && !content.contains('\0') && !content.contains('\r');
    auto lines = split(content, '\n');
    if (!content.empty()) lines.pop_back();
    for (auto line : lines) {
      sayable = sayable && !line.ends_with(' ') && !line.ends_with('\t');
      text += fmt::format("  | {}\n", line);
    }
    if (!sayable)
      return fail(
          invalid_request(fmt::format("{} cannot be part of a definition that is sent: only text, with a "
                                      "newline at its end and no spaces before "
                                      "one",
                                      name)));
    items_.push_back({"file", std::move(text), file});
    return {};
  }

  bool is_here(std::string_view name) const {
    std::error_code error;
    return !name.empty() && !name.contains('/') && fs::is_regular_file(folder_ / name, error);
  }

  fs::path folder_;
  std::vector<Item> items_;
  int files_ = 0;
};

}  // namespace

Result<std::string> self_contained_definition(const std::string& path) {
  TRY(auto text, read_file(path));
  Writer writer(fs::absolute(path).parent_path());
  TRY_VOID(writer.add(text, 0));
  return writer.text();
}

}  // namespace sandbar::cli
