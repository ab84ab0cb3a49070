"""Real mouse and key events through the X server's test extension; Qt's own synthetic events where it is missing."""

from __future__ import annotations

import ctypes
import ctypes.util

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtTest import QTest

KEYSYMS = {
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Tab": 0xFF09,
    "-": 0x2D,
    " ": 0x20,
    "Space": 0x20,
    "Down": 0xFF54,
}


class XInput:
    """Moves the one pointer and presses the one keyboard of an X display."""

    def __init__(self) -> None:
        x11, xtst = ctypes.util.find_library("X11"), ctypes.util.find_library("Xtst")
        self.is_real = bool(x11 and xtst)
        if not self.is_real:
            return
        self._x11, self._xtst = ctypes.CDLL(x11), ctypes.CDLL(xtst)
        self._x11.XOpenDisplay.restype = ctypes.c_void_p
        self._x11.XKeysymToKeycode.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
        for name in ("XSync", "XCloseDisplay"):
            getattr(self._x11, name).argtypes = [ctypes.c_void_p] + ([ctypes.c_int] if name == "XSync" else [])
        self._xtst.XTestFakeMotionEvent.argtypes = [
            ctypes.c_void_p,
            *[ctypes.c_int] * 3,
            ctypes.c_ulong,
        ]
        for name in ("XTestFakeKeyEvent", "XTestFakeButtonEvent"):
            getattr(self._xtst, name).argtypes = [
                ctypes.c_void_p,
                ctypes.c_uint,
                ctypes.c_int,
                ctypes.c_ulong,
            ]
        self._display = self._x11.XOpenDisplay(None)
        self.is_real = bool(self._display)

    def move(self, x: float, y: float) -> None:
        """Move the pointer to a place of the desktop, physical pixels."""
        if self.is_real:
            self._xtst.XTestFakeMotionEvent(self._display, -1, round(x), round(y), 0)
            self._x11.XSync(self._display, 0)
            return
        QCursor.setPos(round(x), round(y))
        for window in QGuiApplication.topLevelWindows():
            if window.isVisible() and window.geometry().contains(QPoint(round(x), round(y))):
                QTest.mouseMove(window, window.mapFromGlobal(QPoint(round(x), round(y))))

    def click(self, x: float, y: float) -> None:
        """Press and release the left button there."""
        self.move(x, y)
        if self.is_real:
            for down in (1, 0):
                self._xtst.XTestFakeButtonEvent(self._display, 1, down, 0)
            self._x11.XSync(self._display, 0)
            return
        for window in QGuiApplication.topLevelWindows():
            if window.isVisible() and window.geometry().contains(QPoint(round(x), round(y))):
                QTest.mouseClick(
                    window,
                    Qt.MouseButton.LeftButton,
                    pos=window.mapFromGlobal(QPoint(round(x), round(y))),
                )

    def press(self, key: str) -> None:
        """Press and release a key, with Shift for capital letters."""
        if not self.is_real:
            window = QGuiApplication.focusWindow()
            names = {
                "Return": Qt.Key.Key_Return,
                "Escape": Qt.Key.Key_Escape,
                "Space": Qt.Key.Key_Space,
                "Down": Qt.Key.Key_Down,
            }
            if window is not None:
                QTest.keyClick(window, names.get(key, key))
            return
        shift = len(key) == 1 and key.isupper()
        code = self._x11.XKeysymToKeycode(self._display, KEYSYMS.get(key, ord(key[0])))
        shift_code = self._x11.XKeysymToKeycode(self._display, 0xFFE1)
        if shift:
            self._xtst.XTestFakeKeyEvent(self._display, shift_code, 1, 0)
        for down in (1, 0):
            self._xtst.XTestFakeKeyEvent(self._display, code, down, 0)
        if shift:
            self._xtst.XTestFakeKeyEvent(self._display, shift_code, 0, 0)
        self._x11.XSync(self._display, 0)

    def close(self) -> None:
        """Leave the display."""
        if self.is_real:
            self._x11.XCloseDisplay(self._display)
            self.is_real = False
