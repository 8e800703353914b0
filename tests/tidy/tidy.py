#!/usr/bin/env python3
"""The house rules that a compiler cannot check. Run by ctest; prints every breach with file, line and remedy."""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
files = [root / name for name in subprocess.run(
    ["git", "-C", str(root), "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n") if name]
files = [path for path in files if path.is_file()]
breaches = []

# What is banned, where it may stand all the same, what to use instead.
BANNED = [
    (r"\bsleep_for\b|\busleep\(|[^_]\bsleep\(", r"^$", "wait for the event, or use Timer / virtual time"),
    (r"\bstd::cout\b|\bprintf\(", r"^(src/cli/|src/up/|apps/|bench/|fuzz/|src/.*_test\.cpp|tests/|src/base/error\.cpp)", "runtime/log.hpp, or return the text"),
    (r"\bco_await\b|\bco_return\b", r"^$", "callbacks or a state machine: the compiler miscompiles coroutines"),
    (r"\bsystem_clock::now\b|\bsteady_clock::now\b", r"^(src/base/time\.cpp|src/runtime/|bench/|.*_test\.cpp|tests/|src/.*/testing/)", "the injected Clock"),
    (r"\bnew (?!\()\w", r"^src/.*/(open62541|duckdb|mosquitto|beast)/", "std::make_unique"),
    (r"\busing namespace (?!std::(string|chrono)_literals)", r"^$", "qualify, or alias one name"),
    (r"\b(rand|srand)\(", r"^$", "a seeded engine from <random>, or base/id.hpp"),
    (r"\bstd::(stoi|stol|stod|atoi)\b", r"^$", "std::from_chars: it tells errors apart and does not throw"),
]
# Headers of heavy libraries stay inside the folder that adapts them.
HEAVY = {
    "boost/beast": r"^src/net/http/beast/|^fuzz/|^bench/", "boost/asio": r"^src/(net|runtime|fieldbus)/|^apps/",
    "duckdb.h": r"^src/lake/duckdb/", "open62541": r"^src/fieldbus/opcua/open62541/", "onnxruntime": r"^src/inference/onnxruntime/",
    "xgboost/": r"^src/training/xgboost/", "mosquitto.h": r"^src/net/mqtt/mosquitto/|^bench/", "sqlite3.h": r"^src/(spool|metadata|edge)/.*",
    "yaml-cpp": r"^src/(runtime|usecase)/", "prometheus/": r"^src/runtime/", "spdlog/": r"^src/runtime/",
    "openssl/": r"^src/(base|net/tls)/|^src/net/|^src/identity/|^src/fieldbus/opcua/open62541/",
}
LINES_LIMIT = 400
# Ratchet: files that were longer when the rule came. They may shrink, not grow; none may be added.
LONGER = dict(line.split() for line in (root / "tests/tidy/longer_files.txt").read_text().split("\n") if line and line[0] != "#")


def breach(path, line, what):
    breaches.append(f"{path}:{line}: {what}")


def own_code(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])


for path in files:
    name = path.relative_to(root).as_posix()
    if path.suffix not in (".cpp", ".hpp"):
        continue
    lines = path.read_text().split("\n")
    limit = int(LONGER.get(name, LINES_LIMIT))
    if len(lines) - 1 > limit:
        breach(name, limit, f"{len(lines) - 1} lines, at most {limit}: split by what changes together")
    if path.suffix == ".hpp" and "#pragma once" not in lines[:3]:
        breach(name, 1, "a header begins with #pragma once")
    for number, line in enumerate(lines, 1):
        code = own_code(line)
        for pattern, allowed, remedy in BANNED:
            if re.search(pattern, code) and not re.search(allowed, name):
                breach(name, number, f"'{re.search(pattern, code)[0].strip()}' is banned: use {remedy}")
        include = re.match(r'\s*#include [<"]([^>"]+)[>"]', line)
        if include:
            for prefix, allowed in HEAVY.items():
                if include[1].startswith(prefix) and not re.search(allowed, name):
                    breach(name, number, f"<{include[1]}> belongs into its adapter's folder only")
            if include[1].startswith("../"):
                breach(name, number, "includes are written from src/")
        if len(line) > 120 and "http" not in line:
            breach(name, number, f"{len(line)} columns, at most 120")

# Every folder below src/ with sources has a test; every .cpp is named by a CMakeLists.
for folder in sorted({path.parent for path in files if path.suffix == ".cpp" and "src" == path.relative_to(root).parts[0]}):
    name = folder.relative_to(root).as_posix()
    sources = [p for p in files if p.parent == folder and p.suffix == ".cpp"]
    lists = "".join(p.read_text() for p in files if p.name == "CMakeLists.txt" and (p.parent == folder or p.parent in folder.parents))
    for source in sources:
        if source.name not in lists:
            breach(source.relative_to(root).as_posix(), 1, "no CMakeLists.txt names this file: add it or delete it")
    if not any(p.name.endswith("_test.cpp") for p in sources) and not any(
            p.name.endswith("_test.cpp") for p in files if folder in p.parents or p.parent == folder.parent) and "testing" not in name:
        breach(name, 1, "no test in or beside this folder")

# cmake/domains.cmake lists every folder after all that it links to: so the graph has no cycles.
order = re.search(r"foreach\(domain\n(.*?)\n\s*\)", (root / "cmake/domains.cmake").read_text(), re.S)[1].split()
seen = set()
for domain in order:
    folders = [root / domain] + [p.parent for p in (root / domain).glob("*/CMakeLists.txt")
                                 if p.parent.relative_to(root).as_posix() not in order]
    lists = "".join(re.sub(r"#.*", "", (folder / "CMakeLists.txt").read_text()) for folder in folders)
    for library in re.finditer(r"millrace_library\((\w+)(.*?)\)", lists, re.S):
        linked = re.search(r"\bLINKS\b(.*?)(?=\b(?:SOURCES|HEADERS|TESTS|TEST_LINKS|TEST_TIMEOUT|TEST_ENV)\b|$)", library[2], re.S)
        for used in re.findall(r"millrace_(\w+)", linked[1] if linked else ""):
            if used not in seen:
                breach(f"{domain}/CMakeLists.txt", 1, f"links millrace_{used}, which cmake/domains.cmake lists later: a cycle, or move it")
        seen.add(library[1])

WRITTEN = (".cpp", ".hpp", ".md", ".txt", ".py", ".sh", ".yaml", ".ts", ".tsx", ".cmake")
for path in files:
    if (path.suffix in WRITTEN or path.name in ("Makefile", "bootstrap")) and path.name != "tidy.py":
        for number, line in enumerate(path.read_text(errors="replace").split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                breach(path.relative_to(root).as_posix(), number, "finish it, or write an issue")

for line in breaches:
    print(line)
print(f"tidy: {len(files)} files, {len(breaches)} breaches")
sys.exit(1 if breaches else 0)
