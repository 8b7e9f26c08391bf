# SPDX-License-Identifier: Apache-2.0
"""What all checks share: the files of the tree, and C++ text without its comments and strings."""

import functools
import os
import pathlib
import re
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
NOT_OURS = {".git", "build", "node_modules", ".cache", ".sandbar", ".svelte-kit", "__pycache__", "playwright-report"}
CPP = (".h", ".cc", ".c")

COMMENT_OR_STRING = re.compile(
    r"""(?P<raw>R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)")
      | (?P<line>//[^\n]*)
      | (?P<block>/\*.*?\*/)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<char>(?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)*')""",
    re.VERBOSE | re.DOTALL,
)


def blank(match):
    """Keeps line numbers: a removed text leaves its newlines, a string its quotes."""
    text = match.group()
    quote = '"' if match["raw"] or match["string"] else "'" if match["char"] else ""
    return quote + "\n" * text.count("\n") + quote


def code_of(text):
    """C++ without comments and without what stands in string literals."""
    return COMMENT_OR_STRING.sub(blank, text)


def newest_build(root):
    """One in which only a part was built, say for a sanitizer, counts if there is no other."""
    folders = [control.parent.parent for control in root.glob("build/*/bin/sandbar-control")]
    age = lambda folder: ((folder / "bin/sandbar-agent").exists(), (folder / "bin/sandbar-control").stat().st_mtime)
    return max(folders, key=age, default=None)


class Tree:
    def __init__(self, root, build=None):
        self.root = pathlib.Path(root).resolve()
        self.build = build

    @functools.cached_property
    def files(self):
        """Paths relative to the root, as text, sorted."""
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(f for f in folders if f not in NOT_OURS)
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in names]
        return sorted(found)

    def below(self, folder, *suffixes):
        return [f for f in self.files if f.startswith(folder + "/") and f.endswith(suffixes)]

    @functools.cached_property
    def sources(self):
        return self.below("src", *CPP)

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8", errors="replace")

    @functools.lru_cache(maxsize=None)
    def code(self, path):
        return code_of(self.text(path))

    def settings(self, name):
        return tomllib.loads((HERE / name).read_text())
