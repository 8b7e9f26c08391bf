#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed.py NAMESPACE OUT.h FILE …: the files' texts as constants of a C++ header."""

import pathlib
import sys

namespace, out, *files = sys.argv[1:]
lines = ["#pragma once", "#include <string_view>", f"namespace {namespace} {{"]
for path in map(pathlib.Path, files):
    text = path.read_text()
    if ')embed"' in text:
        sys.exit(f'{path} must not contain )embed"')
    lines.append(f'inline constexpr std::string_view {path.name.replace(".", "_")} = R"embed({text})embed";')
lines += [f"}}  // namespace {namespace}", ""]
pathlib.Path(out).write_text("\n".join(lines))
