from dataclasses import replace

import numpy as np
import pyqtgraph
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QScrollArea, QWidget

from gazeapp.experiment.participant_display import Stimulus, Target
from gazeapp.gaze.display import place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.store.embedding import UserEmbedding
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.models.map_model import trail_of
from gazeapp.ui.models.map_set import MapSet
from gazeapp.ui.models.people import People
from gazeapp.ui.models.target_mark import TargetMark
from gazeapp.ui.models.trace_window import TraceWindow
from gazeapp.ui.widgets.banner import Banner
from gazeapp.ui.widgets.basic import KeyButton, SteadyLabel, label
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.gaze_trace import GazeTrace, apart, thinned
from gazeapp.ui.widgets.gaze_view import GazeView
from gazeapp.ui.widgets.map_board import MODES, QUAD, MapBoard
from gazeapp.ui.widgets.map_layer import MapLayers
from gazeapp.ui.widgets.map_legend import MapSliders
from gazeapp.ui.widgets.map_view import FLICKER_MS
from gazeapp.ui.widgets.participant_thumbnail import ParticipantThumbnail
from gazeapp.ui.widgets.people_scatter import PeopleScatter
from gazeapp.ui.widgets.ring_progress import RingProgress
from gazeapp.ui.widgets.spread_plot import SpreadPlot
from gazeapp.ui.widgets.status_bar import StatusBar
from gazeapp.ui.widgets.step_list import StepItem, StepList
from gazeapp.ui.widgets.top_bar import TopBar
from gazeapp.ui.widgets.track_status import EyePosition, TrackStatus
from gazeapp.ui.widgets.validation_view import ValidationView
from tests.ui import fake_session as fake

NAN = float("nan")


def maps() -> MapSet:
    result = fake.result()
    return MapSet(
        image_rgb=fake.photograph(),
        universal=result.universal,
        personal=result.personal,
        discrepancy=result.discrepancy,
    )


def colours(widget) -> int:
    """Different colours in what a widget paints."""
    image = widget.grab().toImage()
    pixels = np.frombuffer(image.convertToFormat(image.Format.Format_RGB32).constBits(), np.uint32)[::3]
    return len(np.unique(pixels))


@pytest.mark.parametrize("mode", MODES)
def test_maps_are_painted_in_every_mode_with_and_without_data(qtbot, theme, mode):
    board = MapBoard(theme)
    qtbot.addWidget(board)
    board.resize(900, 600)
    board.show()
    board.set_mode(mode)
    empty = colours(board)
    board.show_person("P-017")
    board.show_stimulus(maps().image_rgb)
    board.show_maps(MapSet(image_rgb=maps().image_rgb))
    board.show_maps(maps())
    board.show_gaze(fake.FIXATIONS, trail_of(fake.snapshot()))
    assert colours(board) > empty + 200


def test_universal_and_personal_share_one_scale(qapp):
    layers = MapLayers()
    flat, peaked = fake.bump([(0.5, 0.5)], sigma=150), fake.bump([(0.5, 0.5)], sigma=30)
    layers.show_maps(MapSet(image_rgb=fake.photograph(), universal=flat, personal=peaked))
    brightest = [
        (rgba[..., :3].max(axis=-1).astype(float) * rgba[..., 3]).max() for rgba in (layers.universal, layers.personal)
    ]
    assert brightest[0] < brightest[1] / 2


def test_an_answer_that_says_the_same_again_paints_nothing(qapp):
    layers, known = MapLayers(), maps()
    assert layers.show_maps(known)
    assert not layers.show_maps(known)
    assert layers.show_maps(MapSet(image_rgb=known.image_rgb, universal=known.personal))


def test_a_picture_is_blended_once_for_its_size(qapp):
    layers = MapLayers()
    layers.show_maps(maps())
    size = QSize(400, 300)
    first = layers.picture("personal", size)
    assert first.size() == size
    assert layers.picture("personal", size).cacheKey() == first.cacheKey()
    layers.show_maps(MapSet(image_rgb=layers.maps.image_rgb, personal=maps().universal))
    assert layers.picture("personal", size).cacheKey() != first.cacheKey()


def test_a_map_over_a_picture_changes_only_where_it_is_dense(qapp):
    layers = MapLayers()
    peak = fake.bump([(0.5, 0.5)], sigma=30)
    layers.show_maps(MapSet(image_rgb=np.full((600, 800, 3), 200, np.uint8), personal=peak))
    image = layers.picture("personal", QSize(800, 600)).toImage()
    assert image.pixelColor(20, 20).red() == pytest.approx(200 * 0.45, abs=1)
    assert image.pixelColor(400, 300).red() > 200


def test_what_is_little_known_is_drawn_fainter(qtbot, dark):
    board = MapBoard(dark)
    qtbot.addWidget(board)
    board.resize(900, 600)
    board.show()
    view = board.view("personal")

    def strength(certainty: float) -> float:
        known = maps()
        board.show_maps(
            MapSet(image_rgb=known.image_rgb, universal=known.universal, personal=known.personal, certainty=certainty)
        )
        image = view.grab().toImage()
        at = view.picture_rect()
        return image.pixelColor(round(at.left() + 0.62 * at.width()), round(at.top() + 0.6 * at.height())).lightnessF()

    assert strength(0.1) < strength(1.0)


def test_the_swipe_line_follows_keys_and_mouse(qtbot, dark):
    board = MapBoard(dark)
    qtbot.addWidget(board)
    board.resize(900, 600)
    board.show()
    board.set_mode("swipe")
    board.show_maps(maps())
    view = board.view("swipe")
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.split == pytest.approx(0.55)
    rect = view.picture_rect()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(rect.left() + rect.width() / 4), 50))
    assert view.split == pytest.approx(0.25, abs=0.01)


def test_flicker_stays_below_three_flashes_a_second():
    assert 1000 / FLICKER_MS < 3


def test_contours_hold_the_shares_they_name(qapp):
    layers = MapLayers()
    layers.show_maps(maps())
    outlines = layers.contours("universal")
    assert outlines
    points = np.array([(p.x(), p.y()) for line in outlines for p in line])
    assert points.min() > -0.01
    assert points.max() < 1.01


def test_the_gaze_view_keeps_the_whole_picture(qtbot, theme):
    view = GazeView(theme)
    qtbot.addWidget(view)
    view.resize(300, 300)
    view.empty_text = "No image"
    assert colours(view) > 2
    view.show_stimulus(fake.photograph(600, 800))
    view.show_gaze(fake.FIXATIONS, np.array([[10.0, 10.0], [NAN, NAN], [50.0, 60.0], [60.0, 60.0]]))
    assert colours(view) > 100


@given(
    st.lists(st.one_of(st.floats(0, 1), st.just(NAN)), min_size=1, max_size=300),
    st.floats(20, 400),
)
def test_thinning_a_trace_keeps_its_extremes(values, width):
    values = np.array(values)
    ago_s, drawn = thinned(np.linspace(-5, 0, len(values), endpoint=False), values, width)
    assert len(ago_s) == len(drawn) <= 2 * (width + 2)
    assert (np.diff(ago_s) >= 0).all()
    finite = values[np.isfinite(values)]
    if not len(finite):
        assert np.isnan(drawn).all()
        return
    assert np.nanmin(drawn) == finite.min()
    assert np.nanmax(drawn) == finite.max()


def test_names_at_the_ends_of_a_trace_are_apart():
    assert apart([0.2, 0.8], 0.1) == [0.2, 0.8]
    assert apart([0.52, 0.5], 0.1) == pytest.approx([0.56, 0.46])
    assert np.isnan(apart([NAN, 0.5], 0.1)[0])


@pytest.mark.parametrize("rate_hz", [30, 60, 250, 1200])
def test_a_lost_second_is_one_red_line_at_any_rate(qtbot, theme, rate_hz):
    trace = GazeTrace(theme, "No gaze yet")
    qtbot.addWidget(trace)
    trace.resize(1000, 92)
    time_s = np.arange(0, 5, 1 / rate_hz)
    gaze = np.stack([time_s * 200, time_s * 100], axis=1)
    gaze[(time_s >= 2) & (time_s < 3)] = np.nan
    trace.show_window(TraceWindow(now_s=5, time_s=time_s, gaze_px=gaze, fixations_s=[], size_px=(1000, 600)))
    [strip] = [item for item in trace.findChild(pyqtgraph.PlotWidget).items() if hasattr(item, "image")]
    width = strip.image.shape[1]
    is_lost = (strip.image[0] != strip.image[1]).any(axis=1)
    assert is_lost.sum() == pytest.approx(width / 5, abs=width / rate_hz + 2)
    assert is_lost[round(2.05 * width / 5) : round(2.95 * width / 5)].all()


def test_a_trace_is_painted_with_gaps(qtbot, theme):
    trace = GazeTrace(theme, "No gaze yet")
    qtbot.addWidget(trace)
    trace.resize(600, 92)
    time_s = np.arange(0, 5, 1 / 600)
    gaze = np.stack([time_s * 200, time_s * 100], axis=1)
    gaze[500:700] = np.nan
    window = TraceWindow(now_s=5, time_s=time_s, gaze_px=gaze, fixations_s=[(1, 2), (-9, -8)], size_px=(1000, 600))
    trace.show_window(window)
    assert colours(trace) > 4
    [strip] = [item for item in trace.findChild(pyqtgraph.PlotWidget).items() if hasattr(item, "image")]
    width = strip.image.shape[1]
    seen = [{tuple(c) for c in strip.image[:, round(at / 5 * width)]} for at in (0.3, 1.0, 1.5)]
    assert [len(tones) for tones in seen] == [1, 2, 1], "lost gaze is thinner"
    assert seen[0] != seen[2], "a fixation has its own colour"
    trace.show_window(replace(window, gaze_px=np.full_like(gaze, np.nan)))
    assert colours(trace) > 1
    trace.show_window(None)
    assert trace.currentIndex() == 0


def test_figures_do_not_move_when_values_change(qtbot, dark):
    table = FigureTable(["", "left", "right"])
    qtbot.addWidget(table)
    table.show_row("Accuracy", ["0.5", Cell("1.28", "warn")])
    table.resize(260, 80)
    before = table.sizeHint()
    table.show_row("Accuracy", ["100.55"])
    assert table.sizeHint() == before
    assert table.texts("Accuracy") == ["Accuracy", "100.55", "–"]
    table.clear()
    assert table.names == []


def test_steps_can_be_opened_with_keys(qtbot, theme):
    steps = StepList(theme, [StepItem(key="a", name="A"), StepItem(key="b", name="B", state="warn", figure="1")])
    qtbot.addWidget(steps)
    steps.show()
    chosen = []
    steps.chosen.connect(chosen.append)
    row = steps.children()[-1]
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Return)
    assert chosen == ["b"]
    for state in ("locked", "open", "working", "done", "warn", "failed"):
        steps.show_step(StepItem(key="a", name="A", state=state))
        steps.select("a")
        assert colours(steps) > 3


def test_a_row_that_cannot_be_chosen_is_passed_over(qtbot, theme):
    rows = ChoiceList(theme)
    qtbot.addWidget(rows)
    rows.show_choices(
        [
            Choice(key="a", name="A"),
            Choice(key="b", name="B", is_enabled=False, figure="SDK missing"),
            Choice(key="c", name="C", detail="detail", icon="tracker", tone="ok", figure="1200 Hz"),
        ],
        "a",
    )
    rows.resize(400, 160)
    chosen = []
    rows.chosen.connect(chosen.append)
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.mouseClick(rows, Qt.MouseButton.LeftButton, pos=QPoint(50, 75))
    assert chosen == ["c"]
    assert colours(rows) > 5


def test_a_target_can_be_chosen_by_mouse_and_keys(qtbot, theme):
    view = ValidationView(theme)
    qtbot.addWidget(view)
    view.resize(800, 500)
    view.show_screen(1920, 1080, 41)
    view.empty_text = "nothing yet"
    view.show_targets([])
    assert colours(view) > 3
    gaze = np.array([[970.0, 540.0], [NAN, NAN]])
    view.show_targets(
        [
            TargetMark(
                target_id=3, name="4", x_px=960, y_px=540, left_px=gaze, right_px=gaze, error_deg=1.31, tone="warn"
            ),
            TargetMark(
                target_id=7,
                name="8",
                x_px=100,
                y_px=100,
                left_px=gaze[:0],
                right_px=gaze[:0],
                error_deg=NAN,
                tone="bad",
            ),
        ]
    )
    chosen = []
    view.chosen.connect(chosen.append)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 262))
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert chosen == [3, 7]
    assert "1.31°" in view.accessibleDescription()


def test_plots_are_painted_with_few_and_with_many_points(qtbot, theme):
    plot, ring, eyes = SpreadPlot(theme, "enough"), RingProgress(theme), TrackStatus(theme)
    for widget in (plot, ring, eyes):
        qtbot.addWidget(widget)
        widget.resize(260, widget.height())
    for n in (1, 2, 30, 50):
        plot.show_history([(k, 0.5 / k) for k in range(1, n + 1)], enough=0.05, n_planned=40)
        ring.show_share(str(n), n / 30)
        colours(plot), colours(ring)
    eyes.show_eyes(None, None, NAN)
    colours(eyes)
    eyes.show_eyes(
        EyePosition(x_norm=0.4, y_norm=0.5, is_seen=True), EyePosition(x_norm=NAN, y_norm=NAN, is_seen=False), 640
    )
    assert colours(eyes) > 5


def embedding(vector, sha="s"):
    vector = np.asarray(vector, float)
    return UserEmbedding(
        vector=tuple(vector / np.linalg.norm(vector)),
        n_pairs=8,
        spread=0.02,
        model_name="m",
        model_sha256=sha,
        sigma_deg=1.0,
    )


def test_names_beside_a_person_leave_the_name_of_that_person_free(qtbot, dark):
    rng = np.random.default_rng(0)
    people = {f"P-{n:03d}": embedding(rng.normal(size=8)) for n in range(3)}
    plane = People(people).plane("Q", embedding(rng.normal(size=8)))
    own = plane.points[plane.names.index("Q")]
    near = own + np.array([[-0.1, -0.3], [3, 3], [3, -3]])  # the first lies just below
    plane = replace(
        plane, points=np.array([own if n == "Q" else near[int(n[-1])] for n in plane.names]), radius=0 * plane.radius
    )
    scatter = PeopleScatter(dark, is_small=True)
    qtbot.addWidget(scatter)
    scatter.resize(290, 190)
    scatter.show()
    scatter.show_people(plane, "Q")
    scatter.grab()
    names = [item for item in scatter.plot.items() if isinstance(item, pyqtgraph.TextItem)]
    boxes = {item.toPlainText(): item.sceneBoundingRect() for item in names}
    assert not [name for name in boxes if name != "Q" and boxes[name].intersects(boxes["Q"])]


def test_while_one_person_settles_the_others_stay_where_they_are_and_each_dot_opens_its_person(qtbot, theme):
    rng = np.random.default_rng(0)
    others = {f"P-{n:03d}": embedding(rng.normal(size=8)) for n in range(12)}
    people = People(others | {"Q": embedding(rng.normal(size=8), "other weights")})
    assert People(dict(list(others.items())[:2])).plane("P-017", embedding(rng.normal(size=8))) is None
    scatter = PeopleScatter(theme, is_small=True)
    qtbot.addWidget(scatter)
    scatter.resize(290, 190)
    scatter.show()
    first = people.plane("P-017", embedding(rng.normal(size=8)))
    assert first.other_weights == ("Q",)
    scatter.show_people(first, "P-017")
    dots = [item for item in scatter.plot.items() if isinstance(item, pyqtgraph.ScatterPlotItem)]
    second = people.plane("P-017", embedding(rng.normal(size=8)))
    scatter.show_people(second, "P-017")
    assert np.array_equal(first.points[:12], second.points[:12])
    assert [item for item in scatter.plot.items() if isinstance(item, pyqtgraph.ScatterPlotItem)] == dots
    theme.toggle()
    wanted = []
    scatter.person_wanted.connect(wanted.append)
    places = {}
    for item in scatter.plot.items():
        if isinstance(item, pyqtgraph.ScatterPlotItem):
            places |= {p.data(): p for p in item.points()}
    assert {second.names[n]: tuple(p.pos()) for n, p in places.items()} == {
        name: pytest.approx(tuple(point)) for name, point in zip(second.names, second.points, strict=True)
    }
    assert "P-003: known from 8 images" in scatter._words(0, 0, 3)
    own = second.names.index("P-017")
    qtbot.waitExposed(scatter)
    scatter.grab()
    view = scatter.plot.plotItem.vb
    at = scatter.plot.mapFromScene(view.mapViewToScene(pyqtgraph.Point(*second.points[own])))
    QTest.mouseClick(scatter.plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted == ["P-017"]


def test_a_banner_says_finding_then_advice_and_offers_the_step(qtbot, theme):
    banner = Banner(theme)
    qtbot.addWidget(banner)
    banner.show()
    acted = []
    banner.acted.connect(lambda: acted.append(1))
    banner.show_finding("Usable, with one weak corner.", "Redo it.", tone="warn", action="Redo", key="R")
    button = banner.findChild(KeyButton)
    assert button.text() == "Redo  R"
    button.click()
    assert acted == [1]
    banner.show_progress(None)
    banner.show_progress(0.4)
    banner.show_finding("Good.", tone="ok")
    assert banner.text == "Good."
    assert not any(b.isVisible() for b in banner.findChildren(KeyButton))


def test_the_status_line_shows_dashes_until_something_is_known(qtbot, theme):
    bar = StatusBar(theme)
    qtbot.addWidget(bar)
    assert "saved – ago" in bar._parts["saved"].text()
    bar.show_health(fake.health(saved_ago_s=0.2))
    assert bar._parts["saved"].text() == "saved 0.2 s ago"
    bar.show_health(fake.health(saved_ago_s=5.0, problem="The disk is full."))
    assert bar._problem.text() == "The disk is full."
    assert bar._parts["saved"].property("tone") == "bad"


def test_the_thumbnail_shows_the_scene_at_the_screens_aspect(qtbot, theme):
    thumbnail = ParticipantThumbnail(theme, "Participant sees")
    qtbot.addWidget(thumbnail)
    thumbnail.resize(166, 190)
    thumbnail.show_screen(1920, 1080, "Screen 2")
    size = thumbnail.sizeHint()
    thumbnail.show_scene(
        Target(background="#808080", target_id=1, x_px=960, y_px=540, purpose="calibrate", expected_s=1),
        "target, 1.8 s left",
    )
    assert colours(thumbnail) > 10
    thumbnail.show_scene(None, "–")
    assert thumbnail.sizeHint() == size


def test_the_thumbnail_shows_the_image_where_it_lies_on_the_screen(qtbot, theme):
    thumbnail = ParticipantThumbnail(theme, "Participant sees")
    qtbot.addWidget(thumbnail)
    thumbnail.resize(166, 190)
    thumbnail.show_screen(1920, 1080, "Screen 2")
    rgb = np.zeros((600, 800, 3), np.uint8)
    rgb[..., 0] = 250
    frame = place_stimulus(fake.DISPLAY, "red", 800, 600)
    thumbnail.show_scene(Stimulus(background="#0000ff", trial=1, frame=frame, image_rgb=rgb), "image")
    screen = thumbnail._screen.grab().toImage()
    middle = screen.pixelColor(screen.width() // 2, screen.height() // 2)
    beside = screen.pixelColor(4, screen.height() // 2)
    assert (middle.red(), middle.blue()) == (250, 0)
    assert (beside.red(), beside.blue()) == (0, 255)


def test_a_steady_label_asks_for_no_new_layout(qtbot, dark):
    around = QWidget()
    qtbot.addWidget(around)
    row = QHBoxLayout(around)
    steady = SteadyLabel("small", 60)
    row.addWidget(steady)
    steady.show_text("12 ms")
    around.show()
    qtbot.waitExposed(around)
    QCoreApplication.sendPostedEvents()
    asked = LayoutRequests()
    around.installEventFilter(asked)
    for text in ("9 ms", "10 ms", "11 ms"):
        steady.show_text(text)
        QCoreApplication.sendPostedEvents()
    assert (steady.text(), steady.width(), asked.n) == ("11 ms", 60, 0)
    steady.show_text("a text wider than there was room for")
    assert steady.width() >= steady.fontMetrics().horizontalAdvance(steady.text())


class LayoutRequests(QObject):
    """Counts how often a widget is asked to lay its parts out anew."""

    n = 0

    def eventFilter(self, _watched, event):
        self.n += event.type() == QEvent.Type.LayoutRequest
        return False


def test_settled_fixations_are_drawn_once_and_the_latest_with_every_sample(qtbot, theme):
    view = GazeView(theme)
    qtbot.addWidget(view)
    view.resize(320, 240)
    view.show_stimulus(fake.photograph())
    first, second = (Fixation(onset_s=t, duration_s=0.3, x_px=x, y_px=90) for t, x in ((0.0, 60.0), (0.5, 200.0)))
    view.show_gaze([first, second], np.empty((0, 2)))
    view.grab()
    ground = view._drawn
    longer = replace(second, duration_s=0.5)
    view.show_gaze([first, longer], np.empty((0, 2)))
    view.grab()
    assert view._drawn is ground
    before = view.grab().toImage()
    view.show_gaze([first, longer, replace(first, onset_s=1.1)], np.empty((0, 2)))
    assert view.grab().toImage() != before
    assert view._drawn is not ground


def test_a_click_enlarges_a_picture_and_another_brings_all_back(qtbot, dark):
    board = MapBoard(dark)
    qtbot.addWidget(board)
    board.resize(900, 600)
    board.show()
    board.show_maps(maps())
    before = board.view("personal").height()
    QTest.mouseClick(board.view("personal"), Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert [name for name in QUAD if board.panes[name].isVisible()] == ["personal"]
    assert board.view("personal").height() > 1.8 * before
    QTest.mouseClick(board.view("personal"), Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert all(board.panes[name].isVisible() for name in QUAD)
    assert board.view("personal").height() == before
    shown = []
    for _ in range(len(QUAD) + 1):  # and so does the key of what is chosen already
        board._buttons[0].click()
        shown.append(board.large)
    assert shown == [*QUAD, ""]


def test_sliders_change_maps_and_images_on_every_board_that_shares_a_look(qtbot, dark):
    look = MapLook()
    boards = [MapBoard(dark, look) for _ in range(2)]
    for board in boards:
        qtbot.addWidget(board)
        board.resize(900, 600)
        board.show()
        board.show_maps(maps())
    sliders = [board.findChild(MapSliders) for board in boards]

    def corner(board: MapBoard) -> int:
        view = board.view("universal")
        return view.grab().toImage().pixelColor(view.picture_rect().topLeft().toPoint() + QPoint(3, 3)).lightness()

    before = corner(boards[1])
    sliders[0].brightness.setValue(100)
    assert corner(boards[1]) > 1.8 * before
    assert sliders[1].brightness.value() == 100
    sliders[1].opacity.setValue(5)
    assert look.opacity == 0.05


def test_places_stand_still_whatever_page_is_open(qtbot, theme):
    bar = TopBar(theme)
    qtbot.addWidget(bar)
    for place in ("People", "Design", "Record", "Analyse"):
        bar.add_place(place.lower(), place, "")
    bars = [QWidget(), QWidget()]
    for n_actions, actions in zip((1, 3), bars, strict=True):
        row = QHBoxLayout(actions)
        for _ in range(n_actions):
            row.addWidget(KeyButton("An action", "A"))
        bar.add_actions(actions)
    bar.resize(1366, 52)
    bar.show()
    bar.show_study("Individual differences in free viewing, second wave")
    at = set()
    for name in ("", "P-017"):
        bar.show_person(name, is_recording=bool(name))
        for actions in bars:
            bar.show_actions(actions)
            bar.show_pill(bar.recording, "Recording 03:12" if name else "", "bad")
            QApplication.processEvents()
            at.add(bar._frame.x())
    assert len(at) == 1
    bar.show_person("a participant with quite a long pseudonym", is_recording=True)
    QApplication.processEvents()
    assert bar.person.startswith("a participant")
    assert bar.width() == 1366


def test_a_dialog_is_as_high_as_its_words_and_grows_with_what_appears(qtbot, dark):
    dialog = Dialog(None, "A title")
    qtbot.addWidget(dialog)
    dialog.body.addWidget(label("One line."))
    later = label("Many lines. " * 60, wrap=True)
    later.hide()
    dialog.body.addWidget(later)
    dialog.open()
    QApplication.processEvents()
    low = dialog.height()
    assert low < 160, "no empty room"
    later.show()
    qtbot.waitUntil(lambda: dialog.height() > low + 60)
    assert not dialog.findChild(QScrollArea).verticalScrollBar().isVisible()
    dialog.show_problem("Something is wrong. " * 20)
    qtbot.waitUntil(lambda: dialog.problem.visibleRegion().boundingRect().height() >= 30)
    dialog.reject()


def test_words_in_a_table_of_figures_are_never_cut(qtbot, dark):
    table = FigureTable(["", "left", "the longest"], column_px=56)
    qtbot.addWidget(table)
    table.show_row("first", ["0.1", "0.2"])
    table.show_row("second", ["unknown yet", "0.2"])
    table.show_heads(["", "left", "longest of all"])
    for parts in (table._heads, *(parts for _, parts in table._rows.values())):
        assert all(part.width() >= min(84, part.sizeHint().width()) for part in parts[1:])
    rows = [[part.width() for part in parts[1:]] for parts in (table._heads, *(p for _, p in table._rows.values()))]
    assert rows[0] == rows[1] == rows[2], "one width for a column"
    widest = rows[0]
    table.show_row("second", ["0.1", "x" * 300])
    after = [part.width() for part in table._rows["first"][1][1:]]
    assert after == [widest[0], 84], "nothing moves back, and no word pushes the names away"


def test_a_steps_name_and_its_figure_never_overlap(qtbot, dark):
    steps = StepList(dark, [StepItem(key="a", name="Data quality of the whole session", figure="loss 100 %")])
    qtbot.addWidget(steps)
    steps.setFixedWidth(176)
    steps.show()
    shown = steps._rows["a"].name_shown()
    assert shown.endswith("…")
    assert shown[:4] == "Data"
    steps.show_step(StepItem(key="a", name="Gaze", figure="9 pt"))
    assert steps._rows["a"].name_shown() == "Gaze"


def test_a_button_that_appears_takes_the_room_of_a_pill(qtbot, dark):
    bar, actions = TopBar(dark), QWidget()
    row = QHBoxLayout(actions)
    shown, later = QPushButton("Export"), QPushButton("Open the folder with everything that was written")
    row.addWidget(shown)
    row.addWidget(later)
    later.hide()
    qtbot.addWidget(bar)
    bar.add_actions(actions)
    bar.show_actions(actions)
    bar.resize(900, 52)
    bar.show()
    bar.show_pill(bar.recording, "Stored", "ok")
    bar.show_pill(bar.quality, "0.42° · loss 1.3 %", "ok")
    qtbot.waitUntil(bar.quality.isVisible)
    bar.setFixedWidth(bar.minimumSizeHint().width())
    later.show()
    qtbot.waitUntil(lambda: not bar.quality.isVisible())
    later.hide()
    qtbot.waitUntil(bar.quality.isVisible)
