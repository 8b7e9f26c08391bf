// SPDX-License-Identifier: Apache-2.0
#include "sandbar/agent/templates/definition.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "sandbar/base/strings.h"
#include "sandbar/base/try.h"
#include "sandbar/base/units.h"
#include "sandbar/model/limits.h"
#include "sandbar/model/names.h"
#include "sandbar/proc/fd.h"

namespace sandbar::agent {
namespace {

constexpr std::size_t kMostText = 256 * 1024, kMostPackages = 500, kMostSteps = 200, kMostIncludes = 8;
constexpr std::size_t kLargestFile = 16 * kMib, kMostContent = 64 * kMib, kLongestPath = 1024,
                      kLongestScript = 64 * kKib;

struct Line {
  std::string_view word;  // first word
  std::string_view rest;  // trimmed
  std::string block;      // the "|" lines that follow
  bool has_block = false;
  int number = 0;
};

bool is_package(std::string_view name) {
  auto equals = name.find('=');
  auto plain = name.substr(0, equals);
  auto version = equals == std::string_view::npos ? std::string_view("1") : name.substr(equals + 1);
  auto in_name = [](unsigned char c) {
    return std::islower(c) || std::isdigit(c) || c == '+' || c == '.' || c == '-';
  };
  auto in_version = [](unsigned char c) { return std::isalnum(c) || std::string_view(".+:~-").contains(c); };
  return plain.size() >= 2 && plain.size() <= 100 &&
         std::isalnum(static_cast<unsigned char>(plain.front())) && std::ranges::all_of(plain, in_name) &&
         !version.empty() && version.size() <= 100 && std::ranges::all_of(version, in_version);
}

bool is_file_name(std::string_view name) {
  auto allowed = [](unsigned char c) { return std::isalnum(c) || std::string_view("._-").contains(c); };
  return !name.empty() && name.size() <= 100 && name.front() != '.' && std::ranges::all_of(name, allowed);
}

bool is_absolute_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() > kLongestPath || path == "/") return false;
  if (std::ranges::any_of(path, [](unsigned char c) { return c < ' ' || c == 127; })) return false;
  auto parts = split(path.substr(1), '/');
  return std::ranges::none_of(parts, [](auto part) { return part.empty() || part == "." || part == ".."; });
}

bool is_user_name(std::string_view name) {
  auto allowed = [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '_' || c == '-'; };
  return !name.empty() && name.size() <= 32 && std::islower(static_cast<unsigned char>(name.front())) &&
         std::ranges::all_of(name, allowed);
}

bool is_env_name(std::string_view name) {
  auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  return !name.empty() && name.size() <= 128 && !std::isdigit(static_cast<unsigned char>(name.front())) &&
         std::ranges::all_of(name, allowed);
}

std::pair<std::string_view, std::string_view> cut(std::string_view text) {
  auto space = text.find_first_of(" \t");
  if (space == std::string_view::npos) return {text, {}};
  return {text.substr(0, space), trim(text.substr(space))};
}

class Parser {
 public:
  Parser(const DefinitionFolders& folders, Definition& out) : folders_(folders), out_(out) {}

  Result<void> parse(std::string_view text, std::string where, std::size_t depth) {
    if (text.size() > kMostText) return fail(invalid_request(where + " is longer than 256 KiB"));
    if (!is_utf8(text)) return fail(invalid_request(where + " is not valid UTF-8"));
    auto outer = std::exchange(where_, std::move(where));
    auto outer_seen = std::exchange(seen_, {});
    depth_ = depth;
    TRY(auto lines, lines_of(text));
    for (auto& line : lines) TRY_VOID(apply(line));
    where_ = std::move(outer);
    seen_ = std::move(outer_seen);
    depth_ = depth - 1;
    return {};
  }

 private:
  using Rule = Result<void> (Parser::*)(Line&);
  enum class Times { once, often };
  enum class Block { allowed, refused };
  struct Word {
    std::string_view name;
    Rule rule;
    Times times;
    Block block;
  };
  static const std::array<Word, 14> kWords;

  Error wrong(int line, std::string_view what) const {
    return invalid_request(fmt::format("{} line {}: {}", where_, line, what));
  }

  Result<std::vector<Line>> lines_of(std::string_view text) const {
    std::vector<Line> lines;
    int number = 0;
    for (auto raw : split(text, '\n')) {
      ++number;
      auto line = trim(raw);
      if (line.starts_with('|')) {
        if (lines.empty()) return fail(wrong(number, "a line with | must follow file, run or start"));
        line.remove_prefix(line.starts_with("| ") ? 2 : 1);
        lines.back().has_block = true;
        lines.back().block += fmt::format("{}\n", line);
      } else if (!line.empty() && !line.starts_with('#')) {
        auto [word, rest] = cut(line);
        lines.push_back({word, rest, {}, false, number});
      }
    }
    return lines;
  }

  Result<void> apply(Line& line) {
    auto word = std::ranges::find(kWords, line.word, &Word::name);
    if (word == kWords.end()) return fail(wrong(line.number, fmt::format("'{}' is not known", line.word)));
    if (word->times == Times::once && !seen_.insert(line.word).second)
      return fail(wrong(line.number, fmt::format("'{}' is given twice", line.word)));
    if (line.has_block && word->block == Block::refused)
      return fail(wrong(line.number, fmt::format("'{}' takes no | lines", line.word)));
    if (line.rest.empty() && !line.has_block)
      return fail(wrong(line.number, fmt::format("'{}' needs a value", line.word)));
    return (this->*word->rule)(line);
  }

  Result<void> include(Line& line) {
    std::string name(line.rest);
    if (depth_ + 1 > kMostIncludes) return fail(wrong(line.number, "includes are nested too deeply"));
    TRY(auto text, beside(name, line.number));
    return parse(text, name, depth_ + 1);
  }

  Result<void> name(Line& line) {
    if (!is_template_name(line.rest)) return fail(wrong(line.number, "this is not a template name"));
    out_.name = line.rest;
    return {};
  }

  Result<void> package(Line& line) {
    for (auto rest = line.rest; !rest.empty();) {
      auto [name, more] = cut(rest);
      rest = more;
      if (!is_package(name)) return fail(wrong(line.number, fmt::format("'{}' is not a package name", name)));
      if (std::ranges::find(out_.packages, name) == out_.packages.end()) out_.packages.emplace_back(name);
    }
    if (out_.packages.size() > kMostPackages)
      return fail(wrong(line.number, "there are more than 500 packages"));
    return {};
  }

  // file PATH [MODE] [< NAME]
  Result<void> file(Line& line) {
    auto [path, rest] = cut(line.rest);
    FileStep step{std::string(path), 0644, std::move(line.block)};
    if (!is_absolute_path(path))
      return fail(wrong(line.number, "the path must be absolute, without . and .."));
    if (!rest.empty() && !rest.starts_with('<')) {
      auto [mode, more] = cut(rest);
      TRY(step.mode, mode_of(mode, line.number));
      rest = more;
    }
    if (!rest.empty() == line.has_block)
      return fail(wrong(line.number, "a file takes its content either from | lines or from < NAME"));
    if (!rest.empty()) {
      TRY(step.content, beside(std::string(trim(rest.substr(1))), line.number));
    }
    content_ += step.content.size();
    if (content_ > kMostContent) return fail(wrong(line.number, "the files are larger than 64 MiB together"));
    return add(std::move(step), line.number);
  }

  Result<unsigned> mode_of(std::string_view text, int line) const {
    bool octal = text.size() >= 3 && text.size() <= 4 &&
                 std::ranges::all_of(text, [](char c) { return c >= '0' && c < '8'; });
    if (!octal) return fail(wrong(line, fmt::format("'{}' is not a mode such as 0755", text)));
    return static_cast<unsigned>(std::stoul(std::string(text), nullptr, 8));
  }

  Result<void> run(Line& line) {
    TRY(auto script, script_of(line));
    return add(RunStep{std::move(script)}, line.number);
  }

  Result<void> start(Line& line) {
    TRY(auto script, script_of(line));
    out_.start = std::move(script);
    return {};
  }

  Result<void> healthcheck(Line& line) {
    TRY(auto script, script_of(line));
    out_.healthcheck = std::move(script);
    return {};
  }

  Result<std::string> script_of(Line& line) const {
    if (line.block.size() > kLongestScript)
      return fail(wrong(line.number, "a command is at most 64 KiB long"));
    if (line.rest.empty()) return std::move(line.block);
    if (line.has_block)
      return fail(wrong(line.number, "a command is given on the line or in | lines, not both"));
    return std::string(line.rest);
  }

  Result<void> env(Line& line) {
    auto equals = std::min(line.rest.find('='), line.rest.size());
    auto name = line.rest.substr(0, equals);
    if (equals == line.rest.size() || !is_env_name(name))
      return fail(wrong(line.number, "write env NAME=VALUE"));
    out_.env[std::string(name)] = line.rest.substr(equals + 1);
    std::size_t bytes = 0;
    for (const auto& [key, value] : out_.env) bytes += key.size() + value.size() + 2;
    if (out_.env.size() > limits::kMaxEnvVariables || bytes > limits::kMaxEnvBytes)
      return fail(wrong(line.number, "the environment is too large"));
    return {};
  }

  Result<void> user(Line& line) {
    if (!is_user_name(line.rest)) return fail(wrong(line.number, "this is not a user name"));
    out_.user = line.rest;
    return {};
  }

  Result<void> workdir(Line& line) {
    if (!is_absolute_path(line.rest))
      return fail(wrong(line.number, "the path must be absolute, without . and .."));
    out_.workdir = line.rest;
    return {};
  }

  Result<void> network(Line& line) {
    if (line.rest != "on" && line.rest != "off")
      return fail(wrong(line.number, "write network on or network off"));
    out_.network = line.rest == "on";
    return {};
  }

  Result<void> vcpus(Line& line) {
    auto count = parse_int(line.rest);
    if (!count || *count < limits::kMinVcpus || *count > limits::kMaxVcpus)
      return fail(
          wrong(line.number, fmt::format("vcpus must be {} to {}", limits::kMinVcpus, limits::kMaxVcpus)));
    out_.vcpus = static_cast<int>(*count);
    return {};
  }

  Result<void> memory(Line& line) {
    TRY(out_.memory_mib, mib_of(line, limits::kMinMemoryMib, limits::kMaxMemoryMib));
    return {};
  }

  Result<void> disk(Line& line) {
    TRY(out_.disk_mib, mib_of(line, limits::kMinDiskMib, limits::kMaxDiskMib));
    return {};
  }

  Result<int> mib_of(const Line& line, int least, int most) const {
    auto size = parse_size(line.rest);
    bool whole = size && *size % kMib == 0;
    auto mib = whole ? *size / kMib : 0;
    if (!whole || mib < static_cast<std::uint64_t>(least) || mib > static_cast<std::uint64_t>(most))
      return fail(wrong(line.number, fmt::format("{} must be {}MiB to {}MiB", line.word, least, most)));
    return static_cast<int>(mib);
  }

  Result<void> add(BuildStep step, int line) {
    if (out_.steps.size() == kMostSteps)
      return fail(wrong(line, "there are more than 200 files and commands"));
    out_.steps.push_back(std::move(step));
    return {};
  }

  Result<std::string> beside(const std::string& name, int line) const {
    if (!is_file_name(name))
      return fail(wrong(line, fmt::format("'{}' is not the name of a file beside this one", name)));
    auto text = folders_.read(name);
    if (!text) return fail(wrong(line, text.error().message));
    return text;
  }

  const DefinitionFolders& folders_;
  Definition& out_;
  std::string where_;
  std::set<std::string_view> seen_;
  std::size_t depth_ = 0, content_ = 0;
};

const std::array<Parser::Word, 14> Parser::kWords = {{
    {"include", &Parser::include, Times::often, Block::refused},
    {"name", &Parser::name, Times::once, Block::refused},
    {"package", &Parser::package, Times::often, Block::refused},
    {"file", &Parser::file, Times::often, Block::allowed},
    {"run", &Parser::run, Times::often, Block::allowed},
    {"network", &Parser::network, Times::once, Block::refused},
    {"env", &Parser::env, Times::often, Block::refused},
    {"user", &Parser::user, Times::once, Block::refused},
    {"workdir", &Parser::workdir, Times::once, Block::refused},
    {"vcpus", &Parser::vcpus, Times::once, Block::refused},
    {"memory", &Parser::memory, Times::once, Block::refused},
    {"disk", &Parser::disk, Times::once, Block::refused},
    {"start", &Parser::start, Times::once, Block::allowed},
    {"healthcheck", &Parser::healthcheck, Times::once, Block::allowed},
}};

Result<std::string> read_all(int file, std::size_t size) {
  std::string content(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    auto count = read(file, content.data() + done, size - done);
    if (count < 0) return fail(errno_error("read", errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  content.resize(done);
  return content;
}

}  // namespace

Result<std::string> DefinitionFolders::read(const std::string& name) const {
  for (const auto& folder : folders) {
    if (folder.empty()) continue;
    proc::Fd file(open((folder / name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    auto size = static_cast<std::size_t>(status.st_size);
    if (size > kLargestFile)
      return fail(Error{Errc::too_large, fmt::format("'{}' is larger than 16 MiB", name)});
    return read_all(file.get(), size);
  }
  return fail(not_found("file", name));
}

Result<Definition> parse_definition(std::string_view text, const DefinitionFolders& folders,
                                    std::string name) {
  Definition definition;
  definition.name = std::move(name);
  Parser parser(folders, definition);
  TRY_VOID(parser.parse(text, "definition", 0));
  if (definition.name.empty()) return fail(invalid_request("definition: 'name' is missing"));
  return definition;
}

}  // namespace sandbar::agent
