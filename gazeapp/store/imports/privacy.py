"""Names of people and machines that foreign files carry along in paths."""

from __future__ import annotations

import re

_HOME = re.compile(
    r"(?P<place>(?:^|(?<=[\s\"'=:(,;])|[a-z]:)[\\/]+(?:users|home|documents and settings)[\\/]+)"
    r"(?!public[\\/])[^\\/\"'<>|:*?\n]+(?=[\\/])",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?P<place>(?:^|(?<=[\s\"'=(,;]))(?:\\\\|//|smb://|file://))[^\\/\s\"']+(?=[\\/][^\\/\s])")


def without_names(text: str) -> str:
    r"""A text without whose home and which computer a path in it leads to; the rest of the path stays.

    >>> print(without_names(r"!V IMGLOAD FILL C:\Users\Jane Doe\stimuli\a.png"))
    !V IMGLOAD FILL C:\Users\~\stimuli\a.png
    >>> print(without_names(r"image \\LAB-PC-JANE\share\a.png, D:\home\jane\b.png"))
    image \\~\share\a.png, D:\home\~\b.png
    """
    if "/" not in text and "\\" not in text:
        return text
    return _HOME.sub(r"\g<place>~", _HOST.sub(r"\g<place>~", text))
