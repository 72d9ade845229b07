"""Which scanners can be run here; used by the scripts beside it that compare whole processes."""
import shutil
import sys


def available(tools, options):
    """Those of `tools` (name, arguments, …) that were asked for and are there, with the path of their executable
    before their arguments; the others are named."""
    only = [name.strip() for name in options.only.split(",") if name.strip()]
    found, missing = [], []
    for name, arguments, *rest in tools:
        if only and name not in only:
            continue
        executable = options.stanch if name.split()[0] == "stanch" else name.split()[0]
        path = shutil.which(executable)
        if path is None:
            missing.append(name)
        else:
            found.append((name, [path, *arguments.split()], *rest))
    if missing:
        print("left out, not found: " + ", ".join(missing), file=sys.stderr)
    if not found:
        sys.exit("nothing to run")
    return found
