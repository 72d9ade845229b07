#!/usr/bin/env python3
"""Compare whole processes on logs that come through a pipe: `stanch scan -`, `stanch redact`, other scanners.

    benches/stream.py [--stanch FILE] [--megabytes N] [--runs N] [--only NAME,NAME] [--log access|json]

The logs are made from a fixed seed, 32 MB of each kind, and repeated up to the size: access logs with query
strings, referrers and agents; JSON logs with identifiers, digests, nested JSON and stack traces. One line in some
ten thousand holds a made-up secret. Nothing is written to disk but reports. CPU is user + system of the
process alone, MB/s is by that, not by the clock; memory is the highest RssAnon seen. Every round runs every tool
once and in turn; figures are medians. Tools that are not on PATH are left out, and named.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from tools import available

BLOCK = 32_000_000

# name, arguments after the executable ({report}), accepted exit statuses, where findings are counted
TOOLS = [
    ("stanch", "scan --format json --output {report} -", (0, 1), "report"),
    ("stanch --jobs 1", "scan --jobs 1 --format json --output {report} -", (0, 1), "report"),
    ("stanch --follow", "scan --follow --format jsonl --output {report} -", (0, 1), "lines"),
    ("stanch redact", "redact", (0,), None),
    ("kingfisher --turbo", "scan --turbo --max-file-size 0 --git-history none -n --no-update-check"
     " --format json --output {report} -", (0, 200, 205), "report"),
    ("betterleaks", "stdin --no-banner --silent -o {report}.json", (0, 1), "report"),
    ("gitleaks", "stdin --no-banner -f json -r {report}", (0, 1), "report"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stanch", default="target/release/stanch", help="default: %(default)s")
    parser.add_argument("--megabytes", type=int, default=1000, help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--only", default="", help="names of tools, separated by commas")
    parser.add_argument("--log", choices=sorted(LOGS), action="append", help="default: all")
    parser.add_argument("--print", action="store_true", help="print the log instead, to be read or kept")
    options = parser.parse_args()
    for kind in options.log or sorted(LOGS):
        block = made(LOGS[kind])
        if options.print:
            feed(sys.stdout.buffer, block, options.megabytes * 1_000_000)
            continue
        print(f"`{kind}`: {options.megabytes:,} MB\n")
        compare(available(TOOLS, options), block, options)
        print(flush=True)


def compare(tools, block, options):
    size = options.megabytes * 1_000_000
    runs, broken = {name: [] for name, *_ in tools}, {}
    for turn in range(options.runs):
        for tool in tools if turn % 2 == 0 else reversed(tools):
            if tool[0] not in broken:
                cpu, anonymous, found, error = run(tool, block, size)
                if error:
                    broken[tool[0]] = error
                else:
                    runs[tool[0]].append((cpu, anonymous, found))
    print("| tool | user + sys s | MB per CPU second | CPU × stanch | peak RssAnon MiB | findings |")
    print("|---|--:|--:|--:|--:|--:|")
    base = median(runs.get("stanch"), 0)
    for name, *_ in tools:
        if name in broken:
            print(f"| {name} | failed: {broken[name]} | | | | |")
            continue
        cpu, anonymous, found = (median(runs[name], i) for i in range(3))
        ratio = f"{cpu / base:.2f}" if base else ""
        found = "" if found is None else f"{found:.0f}"
        print(f"| {name} | {cpu:.2f} | {size / 1e6 / cpu:.0f} | {ratio} | {anonymous:.0f} | {found} |")


def median(rows, index):
    values = [row[index] for row in rows or [] if row[index] is not None]
    return statistics.median(values) if values else None


def run(tool, block, size):
    """CPU seconds, peak RssAnon in MiB and count of findings of one run, or why it failed."""
    name, command, statuses, count = tool
    with tempfile.TemporaryDirectory() as scratch:
        report = os.path.join(scratch, "report")
        command = [part.format(report=report) for part in command]
        with open(os.path.join(scratch, "stderr"), "wb") as err:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=err)
        peak, done = [0], threading.Event()
        watcher = threading.Thread(target=watch, args=(process.pid, peak, done))
        watcher.start()
        feed(process.stdin, block, size)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        watcher.join()
        if process.returncode not in statuses:
            return 0, 0, 0, f"exit status {process.returncode}"
        return usage.ru_utime + usage.ru_stime, peak[0] / 1024, counted(report, count), None


def watch(pid, peak, done):
    while not done.wait(0.005):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
                line = next((line for line in status if line.startswith("RssAnon:")), None)
        except OSError:
            return
        if line:
            peak[0] = max(peak[0], int(line.split()[1]))


def feed(pipe, block, size):
    try:
        while size > 0:
            pipe.write(block[:size])
            size -= len(block)
        pipe.close()
    except BrokenPipeError:
        pass


def counted(report, count):
    if count is None:
        return None
    path = next((path for path in (report, report + ".json") if os.path.exists(path)), None)
    if path is None:
        return 0
    with open(path, encoding="utf8") as file:
        if count == "lines":
            return sum('"type":"finding"' in line for line in file)
        rows = json.loads(file.read() or "[]") or []
    return len(rows["findings"] if isinstance(rows, dict) else rows)


def made(line):
    """A block of lines, the same in every run."""
    choose = random.Random(7)
    lines, size, at = [], 0, 1_767_323_045.0
    while size < BLOCK:
        at += choose.random() / 50
        lines.append(line(choose, at))
        size += len(lines[-1])
    return "".join(lines).encode()[:BLOCK]


def hexadecimal(choose, digits):
    return f"{choose.getrandbits(4 * digits):0{digits}x}"


def text(choose, length):
    return "".join(choose.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789", k=length))


PATHS = ["/", "/index.html", "/api/v1/users/{}", "/api/v1/orders/{}/items", "/static/app.{:08x}.js", "/login",
         "/search", "/api/v2/keys/{}", "/auth/callback", "/images/{}.png", "/healthz"]
AGENTS = ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1",
          "curl/8.10.1", "kube-probe/1.31", "python-requests/2.32.3", "Go-http-client/2.0"]


def query(choose):
    pairs = []
    for _ in range(choose.choice((0, 0, 0, 1, 2, 4))):
        pairs.append(choose.choice((
            lambda: f"page={choose.randrange(90)}", lambda: f"q={choose.choice(('red+shoes', 'token', 'password+reset'))}",
            lambda: f"utm_source=mail&utm_campaign={text(choose, 8)}", lambda: f"session={hexadecimal(choose, 32)}",
            lambda: f"v={hexadecimal(choose, 8)}", lambda: f"id={choose.randrange(10 ** 9)}"))())
    if choose.random() < 1 / 10_000:
        pairs.append("access_" + "token=" + text(choose, 32))
    return "?" + "&".join(pairs) if pairs else ""


def access(choose, at):
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(at))
    path = choose.choice(PATHS).format(choose.randrange(10 ** 6)) + query(choose)
    referrer = choose.choice(("-", "https://www.example.com/", "https://shop.example.com/search" + query(choose)))
    return (f"203.0.113.{choose.randrange(256)} - {choose.choice(('-', '-', 'alice'))} [{when}] "
            f'"{choose.choice(("GET", "GET", "GET", "POST"))} {path} HTTP/1.1" {choose.choice((200, 200, 304, 404, 500))} '
            f'{choose.randrange(90_000)} "{referrer}" "{choose.choice(AGENTS)}" {choose.random():.3f}\n')


def structured(choose, at):
    when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at * 1e9) % 10 ** 9:09d}Z"
    record = {"time": when, "level": choose.choice(("info", "info", "debug", "warn")),
              "logger": choose.choice(("http", "db", "auth.session", "worker")), "trace_id": hexadecimal(choose, 32),
              "span_id": hexadecimal(choose, 16)}
    kind = choose.random()
    if kind < 0.5:
        record |= {"msg": "request done", "method": "GET", "path": choose.choice(PATHS).format(choose.randrange(10 ** 6)) + query(choose),
                   "status": 200, "duration_ms": round(choose.random() * 90, 3)}
    elif kind < 0.8:
        record |= {"msg": "job " + json.dumps({"id": choose.randrange(10 ** 6), "queue": "mail", "key": f"user:{choose.randrange(10 ** 5)}"}),
                   "user": {"id": f"{hexadecimal(choose, 8)}-{hexadecimal(choose, 4)}-4{hexadecimal(choose, 3)}", "role": "member"}}
    elif kind < 0.95:
        record |= {"msg": "token refreshed", "token_type": "access", "expires_in": 3600, "image": "sha256:" + hexadecimal(choose, 64)}
    else:
        record |= {"msg": "failed", "stack": "java.io.IOException: closed\n\tat com.example.Main.run(Main.java:42)\n\tat java.lang.Thread.run(Thread.java:840)"}
    if choose.random() < 1 / 10_000:
        record["pass" + "word"] = text(choose, 16)
    return json.dumps(record, separators=(",", ":")) + "\n"


LOGS = {"access": access, "json": structured}

if __name__ == "__main__":
    sys.exit(main())
