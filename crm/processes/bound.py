"""`python bound.py PARENT COMMAND…`: become COMMAND, asking the kernel for SIGTERM when the parent dies.

Run by its path, so that it starts in a few milliseconds without importing the product. Where the kernel has
no such request (other than Linux), COMMAND runs all the same and the next `manage.py up` ends what was left.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Bind to the parent, then replace this process."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the request took hold
        sys.exit(0)
    os.execvp(command[0], command)  # noqa: S606 - our own commands


if __name__ == "__main__":
    main()
