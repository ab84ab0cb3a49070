"""Where the bundled program begins."""

from __future__ import annotations

import multiprocessing
import sys

from gazeapp.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child process of a bundle begins here, too
    if sys.argv[1:2] == ["-c"]:  # the doctor asks Python in a process of its own, and here this is Python
        exec(sys.argv[2])
        sys.exit(0)
    sys.exit(main())
