# SPDX-License-Identifier: Apache-2.0
"""Every C++ file is as clang-format-19 would write it."""

import re
import shutil
import subprocess


def problems(tree):
    program = shutil.which("clang-format-19")
    if not program:
        raise LookupError("clang-format-19 is not installed")
    files = [str(tree.root / path) for path in tree.sources]
    if not files:
        return
    run = subprocess.run([program, "--dry-run", "-Werror", *files], capture_output=True, text=True, check=False)
    found = {}
    for path in re.findall(r"^(.+?):\d+:\d+: error:", run.stderr, re.MULTILINE):
        found[path] = found.get(path, 0) + 1
    for path, count in sorted(found.items()):
        yield f"{path.removeprefix(str(tree.root) + '/')}: {count} places; ./dev fmt formats them"
