"""Where the bundled program begins."""

from __future__ import annotations

import multiprocessing
import sys

from gazeapp.__main__ import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a child process of a bundle begins here, too
    sys.exit(main())
