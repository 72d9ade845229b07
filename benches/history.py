#!/usr/bin/env python3
"""Compare whole processes on real histories: `stanch git`, alone and with what it remembers, and other scanners.

    benches/history.py [--stanch FILE] [--runs N] [--only NAME,NAME] REPOSITORY...

Rounds, medians and memory are those of tree.py. `stanch -j1` uses one thread; `stanch --cache` is a second scan with
nothing new, since the round that is not timed fills the cache. Archives stay closed, as the others leave them.
"""
import os
import sys
import tempfile

import tree

STANCH = "git --no-archives --quiet --format json --output {report} "

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        tree.__doc__ = __doc__
        tree.TOOLS = [
            ("stanch", STANCH + "{tree}", (0, 1), "json"),
            ("stanch -j1", STANCH + "--jobs 1 {tree}", (0, 1), "json"),
            ("stanch --cache", STANCH + f"--cache={os.path.join(folder, 'cache')} " + "{tree}", (0, 1), "json"),
            ("kingfisher --turbo", "scan --turbo --git-history full -n --no-update-check"
             " --format json --output {report} {tree}", (0, 200, 205), "json"),
            ("kingfisher", "scan --git-history full -n --no-update-check --format json --output {report} {tree}",
             (0, 200, 205), "json"),
            ("betterleaks", "git --no-banner --silent --log-opts=--all -o {report}.json {tree}", (0, 1), "json"),
            ("gitleaks", "git --no-banner --log-opts=--all -f json -r {report} {tree}", (0, 1), "json"),
        ]
        sys.exit(tree.main())
