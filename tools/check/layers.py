# SPDX-License-Identifier: Apache-2.0
"""Includes point down the layer table (layers.toml), and CMake's USES tell the same story."""

import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
LIBRARY = re.compile(r"sandbar_(library|program)\(\s*(\w+)(.*?)\)", re.DOTALL)
KEYWORDS = {"SOURCES", "TESTS", "USES", "LINK", "OUTPUT"}


def place_of(path):
    """sandbar/control/hosts/service.h -> ("control", "hosts"); sandbar/base/id.h -> ("base", None)."""
    parts = path.split("/")[1:]
    return parts[0], parts[1] if parts[0] == "control" and len(parts) > 2 else None


def is_test(path):
    name = path.rsplit("/", 1)[-1]
    return name.endswith("_test.cc") or name.startswith("test_")


def includes_of(tree, path):
    text = tree.text(path)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def cycle_in(graph):
    done, trail = set(), []

    def visit(name):
        if name in trail:
            return trail[trail.index(name):] + [name]
        if name in done:
            return None
        trail.append(name)
        for used in graph.get(name, []):
            if found := visit(used):
                return found
        trail.pop()
        done.add(name)
        return None

    return next((found for name in graph if (found := visit(name))), None)


def feature_problem(path, target, rules):
    feature, used = place_of(path)[1], place_of(target)[1]
    if not feature or not used or feature == used or is_test(path):
        return None
    if used not in rules["uses"].get(feature, []) and used != "schema":
        return f"feature {feature} may not use {used}"
    if used not in rules["open"] and target.rsplit("/", 1)[1] not in rules["doors"]:
        return f"enter {used} through {' or '.join(rules['doors'])}"
    return None


def inside_problem(path, target):
    """routes → service → store; api.h is seen by routes only."""
    folder, name = path.rsplit("/", 1)
    if is_test(path) or "/control/" not in path or target.rsplit("/", 1)[0] != folder.removeprefix("src/"):
        return None
    seen = target.rsplit("/", 1)[1]
    if seen == "api.h" and not re.search("routes|views", name):
        return "api.h belongs to routes and views"
    if seen.startswith("store.") and "routes" in name:
        return "a route calls the service, not the store"
    if seen == "service.h" and name.startswith("store."):
        return "a store does not know its service"
    return None


def include_problems(tree, rules):
    exceptions = {(e["file"], e["header"]) for e in rules.get("exception", [])}
    for path in tree.sources:
        module = place_of(path.removeprefix("src/"))[0]
        for line, target in includes_of(tree, path):
            for prefix, owners in rules["only"].items():
                if target.startswith(prefix) and module not in owners and not is_test(path) and (path, target) not in exceptions:
                    yield f"{path}:{line}: only {', '.join(owners)} may include <{target}>"
            if not target.startswith("sandbar/"):
                continue
            used = place_of(target)[0]
            if used != module and used not in rules["allow"].get(module, []):
                yield f"{path}:{line}: {module} may not include {used}"
            problem = feature_problem(path.removeprefix("src/"), target, rules["features"]) or inside_problem(path, target)
            if problem and (path, target) not in exceptions:
                yield f"{path}:{line}: {problem}"


class Library:
    def __init__(self, folder, name, body):
        self.folder, self.name = folder, name
        self.parts, keyword = {}, None
        for word in re.sub(r"#[^\n]*", "", body).split():
            if word in KEYWORDS:
                keyword = word
            elif keyword:
                self.parts.setdefault(keyword, []).append(word)
        self.files = [f"{folder}/{f}" for f in self.parts.get("SOURCES", []) + self.parts.get("TESTS", [])]
        self.uses = self.parts.get("USES", [])


def libraries_of(tree):
    for path in tree.below("src", "CMakeLists.txt"):
        for match in LIBRARY.finditer(tree.text(path)):
            yield Library(path.rsplit("/", 1)[0], match[2], match[3])


def reach(name, graph, seen=None):
    seen = set() if seen is None else seen
    if name not in seen:
        seen.add(name)
        for used in graph.get(name, []):
            reach(used, graph, seen)
    return seen


def nearest(folder, folders):
    while folder and folder not in folders:
        folder = folder.rpartition("/")[0]
    return folder


def cmake_problems(tree, rules):
    libraries = list(libraries_of(tree))
    graph = {library.name: library.uses for library in libraries}
    if loop := cycle_in(graph):
        yield "CMake libraries use each other: " + " -> ".join(loop)
    by_folder = {}
    for library in libraries:
        by_folder.setdefault(library.folder, []).append(library.name)
    module_of = {library.name: place_of(library.folder.removeprefix("src/") + "/x")[0] for library in libraries}
    known = set(tree.files)
    compiled = {path.rsplit(".", 1)[0] for library in libraries for path in library.files}
    for library in libraries:
        module = module_of[library.name]
        for used in library.uses:
            if used in module_of and module_of[used] not in [module, *rules["allow"].get(module, [])]:
                yield f"{library.folder}/CMakeLists.txt: {library.name} may not use {used}"
        reached = reach(library.name, graph)
        if any("$" in used for used in reached):
            continue  # a list that CMake computes
        for path in library.files:
            if path not in known or is_test(path):
                continue
            for _, target in includes_of(tree, path):
                if f"src/{target.rsplit('.', 1)[0]}" not in compiled:
                    continue  # only a header, or a generated one
                folder = nearest(f"src/{target}".rpartition("/")[0], by_folder)
                if folder and not reached.intersection(by_folder[folder]):
                    yield f"{library.folder}/CMakeLists.txt: {library.name} lacks USES {by_folder[folder][0]} ({path} includes {target})"


def unlisted_sources(tree):
    """A source that no CMakeLists.txt names is never built, and never tested."""
    for path in tree.below("src", ".cc", ".c"):
        folder, name = path.rsplit("/", 1)
        while folder != "src" and f"{folder}/CMakeLists.txt" not in tree.files:
            folder = folder.rpartition("/")[0]
        listed = path.removeprefix(folder + "/")
        if folder == "src" or not re.search(rf"(?<![\w/]){re.escape(listed)}\b", tree.text(f"{folder}/CMakeLists.txt")):
            parent = folder.rpartition("/")[0]
            above = f"{parent}/CMakeLists.txt"
            if above in tree.files and path.removeprefix(parent + "/") in tree.text(above):
                continue
            yield f"{path}: no CMakeLists.txt names it"


def problems(tree):
    rules = tree.settings("layers.toml")
    if loop := cycle_in(rules["features"]["uses"]):
        yield "tools/check/layers.toml: features form a cycle: " + " -> ".join(loop)
    yield from include_problems(tree, rules)
    yield from cmake_problems(tree, rules)
    yield from unlisted_sources(tree)
