#!/usr/bin/env python3
"""Compare whole processes on real trees: `stanch scan`, other scanners, and ripgrep as the floor of
walking and reading.

    benches/tree.py [--stanch FILE] [--runs N] [--only NAME,NAME] TREE...

Tools that are not on PATH are left out, and named. Each round runs every tool once, so that a change
of the machine's load hits all of them; the order turns round from one round to the next. Wall and CPU
(user + system) are medians over the rounds; the ratios are medians of the ratios within a round.
Memory is sampled in one more run that is not timed. A tool that fails, or whose findings change
from run to run, is reported as such and never as a time.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from tools import available

ABSENT = "qWzXunlikelyToOccurAnywhere" + "47c1"  # joined here, so that this file does not hold it either
SAMPLE_SECONDS = 0.002

# name, arguments after the executable ({tree}, {report}), accepted exit statuses, how findings are counted
TOOLS = [
    ("stanch", "scan --no-ignore --format json --output {report} {tree}", (0, 1), "json"),
    ("rg", "-uuu -c " + ABSENT + " {tree}", (1,), None),
    ("kingfisher --turbo", "scan --turbo --git-history none -n --no-update-check"
     " --format json --output {report} {tree}", (0, 200, 205), "json"),
    ("kingfisher", "scan --git-history none -n --no-update-check --format json --output {report} {tree}",
     (0, 200, 205), "json"),
    ("betterleaks", "fs --no-banner --silent -o {report}.json {tree}", (0, 1), "json"),
    ("gitleaks", "dir --no-banner -f json -r {report} {tree}", (0, 1), "json"),
    ("ripsecrets", "{tree}", (0, 1), "lines"),
]


class Failure(Exception):
    """A run that says nothing about speed."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="+", metavar="TREE")
    parser.add_argument("--stanch", default="target/release/stanch", help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=5, help="timed rounds, after one to warm the cache; default %(default)s")
    parser.add_argument("--only", default="", help="names of tools, separated by commas")
    options = parser.parse_args()

    tools = available(TOOLS, options)
    failed = False
    for tree in options.trees:
        print(describe(tree), end="\n\n")
        failed |= not compare(tools, tree, options.runs)
        print(flush=True)
    return 1 if failed else 0


def describe(tree):
    files = size = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                files += 1
                size += os.path.getsize(path)
    return f"`{os.path.basename(os.path.abspath(tree))}`: {files:,} files, {size / 1e6:,.1f} MB"


def compare(tools, tree, runs):
    """Prints the table of one tree; false when a tool failed."""
    times = {name: [] for name, *_ in tools}
    findings, memory, broken = {}, {}, {}
    for turn in range(runs + 1):
        for tool in tools if turn % 2 else reversed(tools):
            name = tool[0]
            if name in broken:
                continue
            try:
                wall, cpu, found = timed(tool, tree)
                if findings.setdefault(name, found) != found:
                    raise Failure(f"{findings[name]} findings before, now {found}")
            except Failure as failure:
                broken[name] = str(failure)
                continue
            if turn > 0:  # the first round warms the cache
                times[name].append((wall, cpu))
    for tool in tools:
        if tool[0] not in broken:
            memory[tool[0]] = sampled(tool, tree)

    print("| tool | wall s | user + sys s | wall × stanch | CPU × stanch | peak RSS MiB | peak RssAnon MiB | findings |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    base = times.get("stanch") if "stanch" not in broken else None
    for name, *_ in tools:
        if name in broken:
            print(f"| {name} | failed: {broken[name]} | | | | | | |")
            continue
        wall, cpu = (statistics.median(run[i] for run in times[name]) for i in (0, 1))
        ratios = [ratio(times[name], base, i) for i in (0, 1)]
        rss, anonymous = memory[name]
        count = findings[name] if findings[name] is not None else ""
        print(f"| {name} | {wall:.3f} | {cpu:.3f} | {ratios[0]} | {ratios[1]} | {rss:.0f} | {anonymous:.0f} | {count} |")
    return not broken


def ratio(runs, base, index):
    if not base:
        return ""
    return f"{statistics.median(a[index] / max(b[index], 1e-9) for a, b in zip(runs, base)):.2f}"


def timed(tool, tree):
    """Wall and CPU seconds of one run, and how many findings it reported."""
    with tempfile.TemporaryDirectory() as scratch:
        process, started = start(tool, tree, scratch)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        found = outcome(tool, process.returncode, scratch)
    return wall, usage.ru_utime + usage.ru_stime, found


def sampled(tool, tree):
    """Peak RSS and peak RssAnon of one run in MiB.

    The kernel keeps a high-water mark of the first only, and the one it hands to `wait` begins with
    what this script held when it forked: hence samples, which may miss a peak of a millisecond."""
    with tempfile.TemporaryDirectory() as scratch:
        process, _ = start(tool, tree, scratch)
        peaks, done = [0, 0], threading.Event()

        def watch():
            while not done.is_set():
                peaks[0] = max(peaks[0], field(process.pid, "VmHWM:"))
                peaks[1] = max(peaks[1], field(process.pid, "RssAnon:"))
                time.sleep(SAMPLE_SECONDS)

        watcher = threading.Thread(target=watch)
        watcher.start()
        process.wait()
        done.set()
        watcher.join()
    return peaks[0] / 1024, peaks[1] / 1024


def field(pid, name):
    """A field of /proc/PID/status in KiB; 0 when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith(name):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def start(tool, tree, scratch):
    report = os.path.join(scratch, "report")
    command = [part.format(tree=tree, report=report) for part in tool[1]]
    with open(os.path.join(scratch, "stdout"), "wb") as out, open(os.path.join(scratch, "stderr"), "wb") as err:
        started = time.perf_counter()
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err), started


def outcome(tool, status, scratch):
    """How many findings a run reported; raises when it failed."""
    name, _, statuses, count = tool
    if status not in statuses:
        with open(os.path.join(scratch, "stderr"), encoding="utf8", errors="replace") as err:
            last = (err.read().strip().splitlines() or [""])[-1]
        raise Failure(f"exit status {status} {last[:120]}")
    if count is None:
        return None
    if count == "lines":
        with open(os.path.join(scratch, "stdout"), "rb") as out:
            return sum(1 for line in out if line.strip())
    report = next(os.path.join(scratch, n) for n in ("report", "report.json") if os.path.exists(os.path.join(scratch, n)))
    with open(report, encoding="utf8") as file:
        rows = json.load(file) or []
    if isinstance(rows, dict):
        check_coverage(name, rows)
        rows = rows["findings"]
    return len(rows)


def check_coverage(name, report):
    """A scan that read nothing is quick: refuse it."""
    scanned = report.get("coverage", {}).get("scanned", {"files": 1})
    if name.split()[0] == "stanch" and not any(scanned.values()):
        raise Failure("scanned nothing")


if __name__ == "__main__":
    sys.exit(main())
