import threading

from gazeapp.ui.bridge import QtBridge
from tests.ui import fake_session as fake


def test_at_most_one_snapshot_waits_and_it_is_the_newest(qtbot, bridge):
    seen = []
    bridge.snapshot_arrived.connect(seen.append)

    def post() -> None:
        for n in range(50):
            bridge.post_snapshot(fake.snapshot(191.0 + n / 100, span_s=0.1))

    thread = threading.Thread(target=post)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(seen))
    assert [round(s.time_s, 2) for s in seen] == [191.49]
    assert bridge.n_replaced == 49


def test_calls_of_other_threads_run_on_the_gui_thread_in_order(qtbot, bridge):
    seen = []
    thread = threading.Thread(
        target=lambda: [bridge.call(lambda n=n: seen.append((n, threading.current_thread()))) for n in range(5)]
    )
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(seen) == 5)
    assert [n for n, _ in seen] == list(range(5))
    assert {t for _, t in seen} == {threading.main_thread()}


def test_a_job_runs_elsewhere_and_its_failure_comes_back(qtbot, bridge):
    answers = []
    bridge.run(threading.current_thread, answers.append)
    bridge.run(lambda: 1 / 0, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 2)
    kinds = {type(a).__name__ for a in answers}
    assert "ZeroDivisionError" in kinds
    assert all(a is not threading.main_thread() for a in answers)


def test_nothing_arrives_after_closing(qtbot):
    bridge = QtBridge()
    seen = []
    bridge.snapshot_arrived.connect(seen.append)
    bridge.post_snapshot(fake.snapshot(span_s=0.1))
    bridge.close()
    bridge.close()
    bridge.post_snapshot(fake.snapshot(span_s=0.1))
    bridge.call(lambda: seen.append("called"))
    qtbot.wait(20)
    assert seen == []
