// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbar/cli/commands/commands.h"
#include "sandbar/cli/output.h"
#include "sandbar/cli/sandbox_ref.h"

// Completion scripts are printed from the same declarations that parse the command line, so they cannot
// disagree. Sandbox ids are completed by asking `sandbar ls -q`.

namespace sandbar::cli {
namespace {

struct CompletionOptions {
  std::string shell;
  CLI::App* root = nullptr;
};

struct CommandWords {
  std::string path;  // "templates rm"
  std::string description;
  std::vector<std::string> words;  // options and subcommands
  bool takes_sandbox = false;
};

bool takes_sandbox(const CLI::App& command) {
  for (const auto* option : command.get_options())
    if (option->get_positional() &&
        (option->get_name(true) == "sandbox" || option->get_name(true) == "sandboxes"))
      return true;
  return false;
}

std::vector<std::string> words_of(const CLI::App& command) {
  std::vector<std::string> words;
  for (const auto* sub : command.get_subcommands({})) words.push_back(sub->get_name());
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

void collect(const CLI::App& command, const std::string& path, std::vector<CommandWords>& out) {
  out.push_back({path, command.get_description(), words_of(command), takes_sandbox(command)});
  for (const auto* sub : command.get_subcommands({}))
    collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
}

std::string bash_cases(const std::vector<CommandWords>& commands) {
  std::string out;
  for (const auto& command : commands)
    out += fmt::format("    '{}') words='{}'{} ;;\n", command.path, fmt::join(command.words, " "),
                       command.takes_sandbox ? " ids=1" : "");
  return out;
}

std::string bash_script(const std::vector<CommandWords>& commands) {
  return fmt::format(R"sh(# bash completion of sandbar: source <(sandbar completion bash)
_sandbar_words() {{
  local words='' ids=''
  case "$1" in
{}  esac
  [[ -z $ids ]] || words+=" $(sandbar ls -q 2>/dev/null)"
  printf '%s' "$words"
}}
_sandbar() {{
  local word path='' current=${{COMP_WORDS[COMP_CWORD]}}
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    [[ $word == -* ]] && continue
    [[ -n $(_sandbar_words "${{path:+$path }}$word") ]] || break
    path="${{path:+$path }}$word"
  done
  COMPREPLY=($(compgen -W "$(_sandbar_words "$path")" -- "$current"))
  [[ $path != cp ]] || COMPREPLY+=($(compgen -f -- "$current"))
}}
complete -F _sandbar sandbar
)sh",
                     bash_cases(commands));
}

// zsh runs bash completions; one script less to keep right.
std::string zsh_script(const std::vector<CommandWords>& commands) {
  return "#compdef sandbar\n# zsh completion of sandbar: source <(sandbar completion zsh)\n"
         "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" +
         bash_script(commands);
}

std::string quoted_for_fish(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("\\'", at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return "'" + text + "'";
}

std::string fish_lines(const CommandWords& command, const CommandWords& parent) {
  auto name = command.path.substr(command.path.rfind(' ') + 1);
  auto condition = parent.path.empty() ? std::string("__fish_use_subcommand")
                                       : "__fish_seen_subcommand_from " + parent.path;
  auto out = fmt::format("complete -c sandbar -f -n '{}' -a {} -d {}\n", condition, name,
                         quoted_for_fish(command.description));
  for (const auto& word : command.words)
    if (word.starts_with("--"))
      out += fmt::format("complete -c sandbar -n '__fish_seen_subcommand_from {}' -l {}\n", name,
                         word.substr(2));
  if (command.takes_sandbox)
    out += fmt::format(
        "complete -c sandbar -n '__fish_seen_subcommand_from {}' -a '(sandbar ls -q 2>/dev/null)'\n", name);
  return out;
}

std::string fish_script(const std::vector<CommandWords>& commands) {
  std::string out = "# fish completion of sandbar: sandbar completion fish | source\n";
  for (const auto& command : commands) {
    if (command.path.empty()) continue;
    auto space = command.path.rfind(' ');
    CommandWords parent{space == std::string::npos ? "" : command.path.substr(0, space), {}, {}};
    out += fish_lines(command, parent);
  }
  return out;
}

Task<Result<int>> completion(Context&, CompletionOptions options) {
  std::vector<CommandWords> commands;
  collect(*options.root, "", commands);
  if (options.shell == "bash") print(bash_script(commands));
  if (options.shell == "zsh") print(zsh_script(commands));
  if (options.shell == "fish") print(fish_script(commands));
  co_return 0;
}

}  // namespace

void add_completion_command(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<CompletionOptions>();
  options->root = &app;
  auto* command = app.add_subcommand("completion", "Print the completion script of a shell");
  command->add_option("shell", options->shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  run_when_chosen(command, chosen, options, completion);
}

}  // namespace sandbar::cli
