"""Make the virtual environment that every make target runs in.

Usage: python3 .ci/setup.py VENV

Written so that an old Python can run it far enough to say what is missing.
"""

import os
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def main(venv):
    """Return 0, or a sentence that says what is missing."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        found = "%d.%d (%s)" % (sys.version_info[0], sys.version_info[1], sys.executable)
        return "setup: nesy needs Python 3.11 to 3.13, this is %s; try: make PYTHON=python3.12 setup" % found
    python = os.path.join(venv, "bin", "python")
    if not os.path.exists(python):
        try:
            import ensurepip  # noqa: F401
            import venv as builder
        except ImportError:
            return "setup: this Python has no venv module; on Debian or Ubuntu: apt install python3-venv"
        print("setup: making %s with Python %s" % (venv, sys.version.split()[0]))
        builder.create(venv, with_pip=True)
    print("setup: installing nesy and what it needs (torch is large: a few minutes the first time)")
    sys.stdout.flush()
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "-c", "constraints.txt"]
    if subprocess.call(pip + ["-e", ".[dev,digits]"]):
        return "setup: pip could not install the packages; its own message is above"
    hnswlib = subprocess.call(
        pip + ["hnswlib"],
        env=dict(os.environ, HNSWLIB_NO_NATIVE="1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if hnswlib:
        print("setup: hnswlib could not be built (it needs a C++ compiler): going on with exact search")
    with open(os.path.join(venv, "ready"), "w") as stamp:
        stamp.write("Made by .ci/setup.py; remove this file to set up again.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
