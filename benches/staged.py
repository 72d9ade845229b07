#!/usr/bin/env python3
"""Compare what a hook adds to a commit of one file: `stanch git --staged` and other scanners with a
staged mode, in repositories of 100 and of 100,000 files that are made here.

    benches/staged.py [--stanch FILE] [--runs N] [--only NAME,NAME] [--files N]...

Each tool must first find a token that is staged in the file, one that is invented for this run; a tool
that does not is left out, and so is one that is not on PATH. Then a harmless change of that file is
staged, and every round runs each tool once, in turn, beside a program that does nothing and `git diff
--cached`. Wall and CPU (user + system, of children too) are medians and the least of the rounds; ratios
are medians of the ratios within a round. Nothing has to be checked out: only index and objects are read.
"""
import argparse
import os
import random
import resource
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
import zlib

# name, arguments after the executable, statuses without and with a finding
TOOLS = [
    ("true", "", 0, None),
    ("git diff --cached", "diff --cached --stat", 0, None),
    ("stanch", "git --staged --no-progress", 0, (1,)),
    ("stanch hook run", "hook run", 0, (1,)),
    ("betterleaks", "git --staged --no-banner --silent", 0, (1,)),
    ("gitleaks", "git --staged --no-banner -l fatal", 0, (1,)),
    ("kingfisher", "scan --staged -n --no-update-check --quiet .", 0, (200, 205)),
]
CHANGED = "folder7/part3/file57.txt"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stanch", default="target/release/stanch", help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=21, help="rounds, after one to warm up; default %(default)s")
    parser.add_argument("--only", default="", help="names of tools, separated by commas")
    parser.add_argument("--files", type=int, action="append", help="sizes of repositories; default 100 and 100000")
    options = parser.parse_args()
    tools = available(options)
    for files in options.files or [100, 100_000]:
        with tempfile.TemporaryDirectory() as folder:
            make(folder, files)
            compare(tools, folder, files, options.runs)


def available(options):
    """The tools that are there, with their executables."""
    only = [name.strip() for name in options.only.split(",") if name.strip()]
    tools = []
    for name, arguments, clean, found in TOOLS:
        executable = os.path.abspath(options.stanch) if name.startswith("stanch") else name.split()[0]
        path = shutil.which(executable)
        if only and name not in only:
            continue
        if path is None:
            print(f"left out, not found: {name}", file=sys.stderr)
            continue
        tools.append((name, [path, *arguments.split()], clean, found))
    return tools


def git(folder, *arguments, **options):
    return subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, **options).stdout


def make(folder, files):
    """A repository with so many files of some lines, all in one commit, and an index of it."""
    git(folder, "init", "-q", "-b", "main")
    lines = [b"commit refs/heads/main\ncommitter A <a@example.com> 1700000000 +0000\ndata 5\nstart\n"]
    paths = [CHANGED] + [f"folder{n % 40}/part{n // 40 % 50}/file{n}.txt" for n in range(files)]
    for path in dict.fromkeys(paths[:files]):
        text = f"the text of {path}\n".encode() * 20
        lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text))
    git(folder, "fast-import", "--quiet", input=b"".join(lines))
    git(folder, "read-tree", "HEAD")


def stage(folder, line):
    """Stages the file with a line in its middle."""
    old = git(folder, "show", f"HEAD:{CHANGED}").splitlines()
    text = b"\n".join(old[:10] + [line.encode()] + old[10:]) + b"\n"
    blob = git(folder, "hash-object", "-w", "--stdin", input=text).decode().strip()
    git(folder, "update-index", "--cacheinfo", f"100644,{blob},{CHANGED}")


def token():
    """A token of GitHub's form with its checksum, that GitHub never gave to anyone."""
    body = "".join(random.choice(BASE62) for _ in range(30))
    number, checksum = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        checksum = BASE62[digit] + checksum
    return "ghp" + "_" + body + checksum


def compare(tools, folder, files, runs):
    stage(folder, f"GITHUB_TOKEN = \"{token()}\"")
    able = []
    for name, command, clean, found in tools:
        status = run(command, folder)[0]
        if found and status not in found:
            print(f"left out: {name} ends with {status} on a staged token", file=sys.stderr)
            continue
        able.append((name, command, clean))
    stage(folder, "a line that says nothing")
    times = {name: [] for name, *_ in able}
    for turn in range(runs + 1):
        for name, command, clean in able if turn % 2 else reversed(able):
            status, wall, cpu = run(command, folder)
            if status != clean:
                sys.exit(f"{name} ends with {status} on a harmless change")
            if turn > 0:
                times[name].append((wall, cpu))
    print(f"\n{files:,} files, one changed; {runs} rounds\n")
    print("| tool | wall ms | least | CPU ms | least | wall × stanch | CPU × stanch |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, rounds in times.items():
        row = []
        for index in (0, 1):
            values = [values[index] for values in rounds]
            row += [f"{statistics.median(values) * 1e3:.1f}", f"{min(values) * 1e3:.1f}"]
        for index in (0, 1):
            if "stanch" in times:
                pairs = zip(rounds, times["stanch"])
                row.append(f"{statistics.median(a[index] / max(b[index], 1e-9) for a, b in pairs):.2f}")
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


def run(command, folder):
    """Status, wall and CPU seconds of a process and all that it waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    status = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True).returncode
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return status, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
