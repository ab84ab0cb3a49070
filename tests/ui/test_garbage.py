"""Garbage is collected on the GUI thread."""

import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QObject, QThread, QTimer

from gazeapp.ui.garbage import GarbageCollector


@pytest.fixture
def collector(qapp):
    made = GarbageCollector()
    made.start()
    yield made
    made.close()
    assert gc.isenabled()


def test_objects_of_qt_end_on_the_gui_thread_however_much_others_allocate(qtbot, collector):
    ended_on = []

    def circle() -> weakref.ref:
        timer = QTimer()
        timer.start(10)
        timer.destroyed.connect(lambda: ended_on.append(QThread.currentThread()))
        holder = QObject()
        holder.timer, holder.itself = timer, holder
        return weakref.ref(holder)

    left = circle()

    def allocate() -> None:
        kept = [[n] for n in range(100_000)]
        assert kept

    other = threading.Thread(target=allocate)
    other.start()
    other.join()
    assert left() is not None, "nothing is collected on another thread"
    kept = [[n] for n in range(2_000)]
    qtbot.waitUntil(lambda: collector.look() or left() is None)
    assert kept
    assert ended_on == [qapp_thread()]


def qapp_thread() -> QThread:
    from PySide6.QtWidgets import QApplication

    return QApplication.instance().thread()
