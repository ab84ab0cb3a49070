"""Personal saliency with a stationary eye tracker: record, enrol a person, predict where they look.

This package imports nothing by itself, so that a part of it (say `gazeapp.networks` on a GPU server)
can be used without the rest. `gazeapp/__main__.py` is the command line, `gazeapp/ui` the windows.
"""

__version__ = "0.2.0"
