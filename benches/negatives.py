#!/usr/bin/env python3
"""How many files without a secret does `stanch scan` flag?

    benches/negatives.py [--stanch FILE] [--folder DIR] [--confidence LEVEL] [--build-only]

The corpus is made of released packages whose files hold no secret: lock files, minified code, type
declarations, translations with password keys, certificates, fonts and images in base64, SQL, protobuf, test
vectors, documentation of interfaces. `negatives.txt` lists them with version and SHA-256; it was written
before anything was scored, and a package is never taken off it because it is flagged. They are fetched by
`pip`, `npm` and `cargo` from whatever registry those are set up to use, and checked against the list.

Of each package at most 250 text files count, those with the smallest SHA-256 of their path, so that no package
speaks for all. Prints every finding, and fails when more than one file in 400 is flagged.
"""
import argparse
import collections
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_FILES = 250
ONE_IN = 400


def listed():
    with open(os.path.join(HERE, "negatives.txt"), encoding="utf8") as lines:
        return [line.split() for line in lines if line.strip() and not line.startswith("#")]


def download(registry, name, version, folder):
    """Asks the registry's own client for a package; it lies in `folder` afterwards."""
    if registry == "pip":
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                   "--dest", folder, f"{name}=={version}"]
    elif registry == "npm":
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{name}@{version}"]
    else:
        # Cargo fetches what a package depends on, and fetches it into its own cache.
        with tempfile.TemporaryDirectory() as project:
            os.makedirs(os.path.join(project, "src"))
            open(os.path.join(project, "src", "lib.rs"), "w").close()
            with open(os.path.join(project, "Cargo.toml"), "w", encoding="utf8") as manifest:
                manifest.write('[package]\nname = "negatives"\nversion = "0.0.0"\nedition = "2021"\n'
                               f'[dependencies]\n"{name}" = "={version}"\n')
            subprocess.run(["cargo", "fetch", "--quiet"], cwd=project, check=True, stdout=subprocess.DEVNULL)
        return
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def packages_in(folder):
    """The files that may be packages by their SHA-256."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            if name.endswith((".whl", ".tgz", ".crate")):
                path = os.path.join(base, name)
                with open(path, "rb") as file:
                    found[hashlib.sha256(file.read()).hexdigest()] = path
    return found


def members(path):
    """Names and contents of the files in a package."""
    if path.endswith(".whl"):
        with zipfile.ZipFile(path) as archive:
            for item in archive.infolist():
                if not item.is_dir():
                    yield item.filename, archive.read(item)
    else:
        with open(path, "rb") as file, tarfile.open(fileobj=io.BytesIO(file.read()), mode="r:gz") as archive:
            for item in archive:
                if item.isfile():
                    yield item.name, archive.extractfile(item).read()


def is_text(content):
    return content.strip() and b"\0" not in content[:8192]


def build(downloads, tree):
    """Fetches what is missing and lays out the corpus; answers with the number of its files."""
    os.makedirs(downloads, exist_ok=True)
    cargo = os.path.join(os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo")), "registry", "cache")
    at_hand = packages_in(downloads) | packages_in(cargo)
    files = 0
    for registry, name, version, digest in listed():
        if digest not in at_hand:
            download(registry, name, version, downloads)
            at_hand = packages_in(downloads) | packages_in(cargo)
        if digest not in at_hand:
            sys.exit(f"{registry} gives another {name} {version} than the list names")
        texts = [item for item in members(at_hand[digest]) if is_text(item[1])]
        texts.sort(key=lambda item: hashlib.sha256(item[0].encode()).digest())
        for inside, content in texts[:MOST_FILES]:
            parts = [re.sub(r"[^\w.+-]", "_", part) for part in inside.split("/") if part not in ("", ".", "..")]
            path = os.path.join(tree, f"{name.replace('/', '_')}-{version}", *parts)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
            files += 1
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stanch", default=os.path.join(HERE, "..", "target", "release", "stanch"))
    parser.add_argument("--folder", default=os.path.join(HERE, "..", "target", "negatives"))
    parser.add_argument("--confidence", default="medium")
    parser.add_argument("--build-only", action="store_true")
    options = parser.parse_args()
    tree = os.path.join(os.path.abspath(options.folder), "tree")
    files = build(os.path.join(os.path.abspath(options.folder), "downloads"), tree)
    print(f"{files} files of {len(listed())} packages")
    if options.build_only:
        return
    command = [os.path.abspath(options.stanch), "scan", "--no-ignore", "--no-suppressions", "--format", "json",
               "--confidence", options.confidence, "."]
    scan = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if scan.returncode not in (0, 1):
        sys.exit(f"stanch failed: {scan.stderr}")
    findings = json.loads(scan.stdout)["findings"]
    for finding in findings:
        print(f"{finding['path']}:{finding['start_line']}: {finding['rule']} ({finding['confidence']})")
    flagged = {finding["path"] for finding in findings}
    by_rule = collections.Counter(finding["rule"] for finding in findings)
    print(f"{len(flagged)} of {files} files flagged, one in {files / max(1, len(flagged)):.0f}; "
          f"{len(findings)} findings: {dict(by_rule.most_common())}")
    sys.exit(len(flagged) * ONE_IN > files)


main()
