#!/usr/bin/env python3
"""How well does `stanch scan` do on labelled excerpts, by halves of their projects and by confidence?

    benches/labelled.py --labelled FOLDER [--stanch FILE] [--folder DIR] [--misses tuned|other]

FOLDER holds `score.py` and `excerpts.jsonl.gz`: excerpts of public files in which people judged every suspicious
line. They are no part of this repository. What the engine does is tuned on the half of the projects whose name,
a number, is even; the other half tells whether that holds elsewhere. Prints recall and precision of both halves
and of each confidence, and how much leaving out any one project moves them.
"""
import argparse
import collections
import importlib.util
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LEVELS = ("low", "medium", "high")


def load(folder):
    spec = importlib.util.spec_from_file_location("score", os.path.join(folder, "score.py"))
    score = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(score)
    return score


def scan(stanch, tree):
    command = [stanch, "scan", "--no-ignore", "--format", "json", "--confidence", "low", "."]
    run = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f"stanch failed: {run.stderr}")
    findings = collections.defaultdict(list)
    for finding in json.loads(run.stdout)["findings"]:
        findings[finding["path"]].append(finding)
    return findings


def project(excerpt):
    return excerpt["file"].split("/")[0]


def half(excerpt):
    return "other" if int(project(excerpt), 16) % 2 else "tuned"


def judged(score, excerpts, findings, levels):
    """The scorer's judgement of what was found in some excerpts with some confidences."""
    spans = {path: [(f["start_line"], f["end_line"], f["rule"]) for f in found if f["confidence"] in levels]
             for path, found in findings.items()}
    score.excerpts = lambda: iter(excerpts)
    return score.judge(collections.defaultdict(list, spans))


def rates(count):
    def recall(of):
        return count[of, True] / max(1, count[of, True] + count[of, False])
    wrong = count["false"] + count["stray"]
    return recall("strong"), recall("weak"), count["found"] / max(1, count["found"] + wrong)


def right_share(excerpts, findings, score, level):
    """Of the findings of one confidence, how many touch a line that holds a secret."""
    right = wrong = 0
    for excerpt in excerpts:
        for finding in findings.get(score.relative_name(excerpt), []):
            rows = [row for row in excerpt["labels"]
                    if row["start"] <= finding["end_line"] and finding["start_line"] <= row["end"]]
            true = any(row["label"] == "T" for row in rows)
            if finding["confidence"] == level and (true or not any(row.get("identifier") for row in rows)):
                right, wrong = right + true, wrong + (not true)
    return right, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labelled", required=True)
    parser.add_argument("--stanch", default=os.path.join(HERE, "..", "target", "release", "stanch"))
    parser.add_argument("--folder", default=os.path.join(HERE, "..", "target", "labelled"))
    parser.add_argument("--misses", choices=["tuned", "other"])
    options = parser.parse_args()
    score = load(options.labelled)
    tree = os.path.abspath(options.folder)
    if not os.path.isdir(tree):
        score.layout(tree)
    excerpts = list(score.excerpts())
    findings = scan(os.path.abspath(options.stanch), tree)
    default = LEVELS[1:]
    print("projects   random  chosen  precision   (default settings)")
    for name in ("all", "tuned", "other"):
        part = [excerpt for excerpt in excerpts if name in ("all", half(excerpt))]
        count, _, misses, falses = judged(score, part, findings, default)
        print("{:9} {:7.3f} {:7.3f} {:10.3f}".format(name, *rates(count)))
        if name == options.misses:
            for what, excerpt, line in misses + falses:
                print(f"  {what}\t{score.relative_name(excerpt)}:{line}\t{excerpt['lines'][line - 1].strip()[:160]}")
    for level in LEVELS:
        shares = []
        for name in ("all", "tuned", "other"):
            part = [excerpt for excerpt in excerpts if name in ("all", half(excerpt))]
            right, wrong = right_share(part, findings, score, level)
            shares.append(f"{name} {right / max(1, right + wrong):.3f} ({right} of {right + wrong})")
        print(f"right at {level}: " + ", ".join(shares))
    whole = rates(judged(score, excerpts, findings, default)[0])
    moved = [0.0, 0.0, 0.0]
    for name in {project(excerpt) for excerpt in excerpts}:
        rest = [excerpt for excerpt in excerpts if project(excerpt) != name]
        without = rates(judged(score, rest, findings, default)[0])
        moved = [max(most, abs(a - b)) for most, a, b in zip(moved, whole, without)]
    print("leaving out any one project moves them by at most {:.3f}, {:.3f}, {:.3f}".format(*moved))


main()
