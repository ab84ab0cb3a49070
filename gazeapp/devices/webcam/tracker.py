"""Gaze from a webcam: frames → face and eyes → an estimator handed in. Coarse (degrees), and said so."""

from __future__ import annotations

import logging
import math
import platform
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.cascades import CASCADES_HINT, has_cascades
from gazeapp.camera.eye_crops import FindEyes
from gazeapp.camera.face_network import has_face_network
from gazeapp.camera.finder import make_finder
from gazeapp.camera.source import NO_CAMERA, Camera, Frame, FrameFile, PacedCamera, is_camera_number, open_camera
from gazeapp.devices.device_thread import DeviceThread
from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.tracker import (
    Availability,
    Capability,
    GazeSink,
    ProblemSink,
    TrackerInfo,
    TrackerNotice,
)
from gazeapp.devices.webcam.estimators import Estimator, PointEstimator, pupil_estimator, screen_estimator
from gazeapp.errors import (
    ConnectionLost,
    DeviceError,
    InvalidTransition,
    SettingsError,
    UnavailableReason,
    Unsupported,
)
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.records import EyeImageRow

_log = logging.getLogger(__name__)

_LOST_AFTER = 10  # frames in a row that could not be read
KEPT_EVERY_S = 1.0
RECONNECT_S = 5.0
"""How long `reconnect` waits for a frame."""
_CAMERA_Y_MM = -10.0
"""Cameras of laptops sit about a centimetre above the screen; a calibration in software corrects the rest."""


class WebcamTracker:
    """A camera and an estimator as a tracker. A sample's time is when its frame arrived.

    Args:
        camera: Gives frames.
        find_eyes: Gives crops.
        estimate: Gives gaze in display pixels.
        clock: The session clock.
        name: For the device list.
        serial: The same.
        model: What finds eyes and gaze in its frames, in words: it is stored with the session.
        advice: What to do when it gives no frames.
        reopen: Opens the camera again after it was unplugged; None where that cannot be done.
        keeps_frames: Deliver one whole frame a second, as what an estimator can be trained on.
        file: What the camera plays; its frames can be taken at any pace, each at its own time.
    """

    def __init__(
        self,
        camera: Camera,
        find_eyes: FindEyes,
        estimate: Estimator,
        clock: Clock,
        *,
        name: str = "Webcam",
        serial: str = "0",
        model: str = "",
        advice: str = NO_CAMERA,
        reopen: Callable[[], Camera] | None = None,
        keeps_frames: bool = False,
        file: FrameFile | None = None,
    ) -> None:
        self._keeps_frames = keeps_frames
        self._file, self._due_s = file, math.nan
        self._on_frame: Callable[[EyeImageRow], None] | None = None
        self._kept_s = -math.inf
        self._camera = camera
        self._camera_lock = threading.Lock()  # a camera is read by one thread and replaced by another
        self._reopen = reopen
        self._sink: GazeSink | None = None
        self._on_problem: ProblemSink | None = None
        self._is_lost = False
        self._is_back = threading.Event()
        self._find_eyes = find_eyes
        self._estimate = estimate
        self._clock = clock
        self._advice = advice
        self._info = describe(name, serial, camera.rate_hz, model, is_file=file is not None)
        self._thread = DeviceThread("tracker-webcam", self._step, on_failure=self._on_failure)
        self._n_missed = 0
        self._is_closed = False

    @property
    def info(self) -> TrackerInfo:
        """Name, index and frame rate."""
        return self._info

    def start(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Deliver one sample a frame."""
        if self._is_closed:
            raise InvalidTransition(f"{self._info.name} was closed; open it again")
        if self._thread.is_started:
            raise InvalidTransition(f"{self._info.name} is delivering already; stop it first")
        self._is_lost, self._n_missed = False, 0
        self._sink, self._on_problem = sink, on_problem
        self._thread.start()

    def start_stepped(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Deliver only from `advance`, on the calling thread, from the file's next frame on."""
        if self._is_closed:
            raise InvalidTransition(f"{self._info.name} was closed; open it again")
        if self._file is None:
            raise Unsupported(f"{self._info.name} is a camera: its time cannot be driven")
        self._is_lost, self._due_s = False, self._clock.now_s()
        self._sink, self._on_problem = sink, on_problem

    def advance(self, until_s: float) -> None:
        """Deliver a sample of every frame up to a time."""
        while self._file is not None and self._due_s <= until_s and not self._is_lost:
            frame, now_s = self._file.read(), self._due_s
            self._due_s += 1 / self._file.rate_hz
            if frame is None:
                self._lose()
            else:
                self._take(frame, now_s)

    @property
    def gives_eye_images(self) -> bool:
        """Whether frames are delivered: storing them needs a consent that names them."""
        return self._keeps_frames

    def deliver_eyes(
        self, _on_openness: Callable[[EyeOpenness], None], on_image: Callable[[EyeImageRow], None]
    ) -> None:
        """From the next `start` on, deliver one frame a second, where it was opened for that."""
        self._on_frame = on_image if self._keeps_frames else None

    @property
    def is_connected(self) -> bool:
        """Whether frames come; after False, `reconnect` may help."""
        return not self._is_closed and not self._is_lost

    def reconnect(self) -> None:
        """Open the camera again and wait for a frame.

        Raises:
            ConnectionLost: It cannot be opened, or gives no frame within `RECONNECT_S`.
            InvalidTransition: It was closed or stopped.
        """
        if self._is_closed or not self._thread.is_started:
            raise InvalidTransition(f"{self._info.name} is not delivering; start it")
        if not self._is_lost:
            return
        self._is_back.clear()
        if self._reopen is not None:
            with self._camera_lock:
                self._camera.close()
                try:
                    self._camera = self._reopen()
                except DeviceError as error:
                    raise ConnectionLost(f"{self._info.name}: {error.message}") from error
                if self._is_closed:  # meanwhile, by another thread
                    self._camera.close()
                    raise InvalidTransition(f"{self._info.name} was closed while it was opening")
        self._thread.revive()
        if not self._is_back.wait(RECONNECT_S):
            raise ConnectionLost(f"{self._info.name} gives no frames: {self._advice}")

    def stop(self) -> None:
        """End delivery; once it returns, neither sink is called again."""
        self._thread.stop()

    def close(self) -> None:
        """Stop and turn the camera off; closing twice is allowed."""
        if self._is_closed:
            return
        self.stop()
        self._is_closed = True
        self._camera.close()

    def _step(self) -> None:
        with self._camera_lock:
            frame = self._camera.read()
        if frame is None:
            self._miss_frame()
            return
        self._take(frame, self._clock.now_s())

    def _take(self, frame: Frame, now_s: float) -> None:
        self._keep(frame, now_s)
        samples = self._measure(frame, now_s)
        if self._is_lost:
            self._is_lost = False
            self._tell("restored", f"{self._info.name} gives frames again")
        self._n_missed = 0
        self._is_back.set()
        if self._sink is not None and not self._thread.is_stopping:
            self._sink(samples)

    def _miss_frame(self) -> None:
        self._n_missed += 1
        if self._n_missed == _LOST_AFTER:
            self._lose()
        self._thread.wait(0.03)

    def _lose(self) -> None:
        self._is_lost = True
        self._tell("lost", f"{self._info.name} gives no frames: {self._advice}")

    def _on_failure(self, error: Exception) -> None:
        self._is_lost, self._n_missed = True, 0
        self._tell("lost", f"{self._info.name} stopped: {error}")

    def _keep(self, frame_rgb: NDArray[np.uint8], now_s: float) -> None:
        if self._on_frame is None or now_s - self._kept_s < KEPT_EVERY_S or self._thread.is_stopping:
            return
        self._kept_s = now_s
        _, encoded = cv2.imencode(".jpg", cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])
        height, width = frame_rgb.shape[:2]
        self._on_frame(
            EyeImageRow(
                time_s=now_s,
                device_time_s=now_s,
                camera=0,
                region=0,
                kind="full",
                left_px=0,
                top_px=0,
                width_px=width,
                height_px=height,
                format="jpg",
                image=encoded.tobytes(),
            )
        )

    def _measure(self, frame_rgb: NDArray[np.uint8], now_s: float) -> GazeSamples:
        crops = self._find_eyes(frame_rgb)
        gaze = (math.nan, math.nan) if crops is None else self._estimate(crops)
        # a driver gives no usable exposure time: the stamp is the arrival, which is late by the camera's delay
        return GazeSamples.build(
            [now_s],
            eyes="cyclopean",
            left_px=[gaze],
            device_time_s=[now_s],
            receive_time_s=[self._clock.now_s()],
        )

    def _tell(self, kind: str, message: str) -> None:
        if self._on_problem is not None and not self._thread.is_stopping:
            self._on_problem(TrackerNotice(time_s=self._clock.now_s(), kind=kind, message=message))


def availability() -> Availability:
    """Whether faces can be found and a camera seems to be there; no camera is opened."""
    if not (has_cascades() or has_face_network()):
        return Availability(
            backend="webcam",
            ok=False,
            reason=UnavailableReason.LIBRARY_MISSING,
            hint=f"this OpenCV ({cv2.__version__}) has no Haar cascades to find faces with: {CASCADES_HINT}",
        )
    if not _cameras():
        return Availability(backend="webcam", ok=False, reason=UnavailableReason.NO_DEVICE, hint=NO_CAMERA)
    return Availability(backend="webcam", ok=True)


def find() -> list[TrackerInfo]:
    """Cameras of this computer; none is opened, so its light stays off."""
    return [describe(f"Webcam {index}", str(index), math.nan) for index in _cameras()]


def open_tracker(
    given: DeviceOptions,
    clock: Clock,
    display: Display,
    *,
    point_cm: PointEstimator | None = None,
) -> WebcamTracker:
    """Open a camera. Options: `camera`, its number, or a video file or a folder of pictures that stands for one;
    `faces` (auto, cascades, network), who finds eyes; `eye_images=record`, to keep a frame a second; with an estimator
    also `camera_x_mm` and `camera_y_mm`, where the camera is, from the middle of the upper edge of the screen to the
    right and down (default 0 and -10).

    Args:
        given: Options.
        clock: The session clock.
        display: The participant's screen.
        point_cm: Estimates gaze from crops; None takes the offset of the irises, which is coarse.

    Raises:
        BackendUnavailable: No camera, or nothing to find faces with.
        UnreadableImage: No such video or folder.
        SettingsError: An unknown or wrong option.
    """
    camera = given.text("camera", "0").strip()
    finder = make_finder(given.text("faces", "auto"))
    make_estimator: Callable[[Display], Estimator] = pupil_estimator
    if point_cm is not None:
        camera_mm = (given.number("camera_x_mm", 0.0), given.number("camera_y_mm", _CAMERA_Y_MM))
        make_estimator = screen_estimator(point_cm, camera_mm)
    keeps_frames = given.text("eye_images", "").strip()
    if keeps_frames not in ("", "record"):
        raise SettingsError(f"eye_images={keeps_frames}: must be record, or be left out", key="eye_images")
    given.finish()
    is_device = is_camera_number(camera)
    name = camera if is_device else Path(camera).name
    opened = open_camera(camera)
    return WebcamTracker(
        opened,
        finder,
        make_estimator(display),
        clock,
        name=f"Webcam {name}",
        serial=name,
        model=f"eyes by {finder.name}, gaze by {'the irises' if point_cm is None else 'a trained network'}",
        advice=NO_CAMERA if is_device else "it is over; a new session plays it from its beginning",
        reopen=(lambda: open_camera(camera)) if is_device else None,  # a file goes on where it was
        keeps_frames=bool(keeps_frames),
        file=opened.file if isinstance(opened, PacedCamera) else None,
    )


def describe(name: str, serial: str, rate_hz: float, model: str = "", *, is_file: bool = False) -> TrackerInfo:
    """A camera, or a file that stands for one, as TrackerInfo."""
    return TrackerInfo(
        backend="webcam",
        name=name,
        serial=serial,
        rate_hz=rate_hz,
        rates_hz=() if math.isnan(rate_hz) else (rate_hz,),
        eyes="cyclopean",
        capabilities=frozenset({Capability.STEPPED} if is_file else ()),
        model=model,
    )


def _cameras() -> list[int]:
    if platform.system() != "Linux":
        return [0]  # elsewhere a camera can be found only by turning it on
    names = (path.name.removeprefix("video") for path in Path("/dev").glob("video*"))
    return sorted(int(name) for name in names if name.isdigit())
