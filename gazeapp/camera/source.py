"""Where frames come from: a camera of this computer, a video file, or a folder of pictures."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import BackendUnavailable, UnavailableReason, UnreadableImage
from gazeapp.store.stimuli import decode_image, find_images
from gazeapp.store.typed_path import is_file, is_folder, typed_path

NO_CAMERA = "connect a webcam, close programs that use it, and allow this program to use it"
USUAL_HZ = 30.0
"""Of a folder, and of a video that does not tell."""
Frame = NDArray[np.uint8]
"""(H, W, 3) RGB."""


class Camera(Protocol):
    """Frames, one after the other."""

    @property
    def rate_hz(self) -> float:
        """Nominal frame rate; NaN when unknown."""
        ...

    def read(self) -> Frame | None:
        """Wait for the next frame; None when there is none."""
        ...

    def close(self) -> None:
        """Give the camera back."""
        ...


class DeviceCamera:
    """A camera of this computer.

    Raises:
        BackendUnavailable: It cannot be opened.
    """

    def __init__(self, index: int) -> None:
        self._capture = cv2.VideoCapture(index)
        if not self._capture.isOpened():
            raise BackendUnavailable(
                f"camera {index} cannot be opened: {NO_CAMERA}", reason=UnavailableReason.NO_DEVICE, hint=NO_CAMERA
            )
        # the newest frame is wanted, not the oldest in a queue
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    @property
    def rate_hz(self) -> float:
        """What the driver says."""
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate if rate > 0 else math.nan

    def read(self) -> Frame | None:
        """The next frame."""
        got, frame_bgr = self._capture.read()
        return np.asarray(cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2RGB), np.uint8) if got else None

    def close(self) -> None:
        """Turn the camera off."""
        self._capture.release()


class VideoFile:
    """The frames of a video, as fast as they are asked for.

    Raises:
        UnreadableImage: Not a video that OpenCV reads.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        if not is_file(path):  # before OpenCV sees it, which waits for pipes and takes some names for more than files
            raise UnreadableImage(f"{path}: no such video file")
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise UnreadableImage(f"{path}: not a video that can be read; MP4 or AVI can")

    @property
    def rate_hz(self) -> float:
        """As the file says."""
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        return rate if 0 < rate < 1000 else USUAL_HZ

    def rewind(self) -> None:
        """Begin again."""
        self._capture.release()
        self._capture = cv2.VideoCapture(self.name)

    def read(self) -> Frame | None:
        """The next frame; None after the last one."""
        got, frame_bgr = self._capture.read()
        return np.asarray(cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2RGB), np.uint8) if got else None

    def close(self) -> None:
        """Close the file."""
        self._capture.release()


class FrameFolder:
    """The pictures of a folder in the order of their names.

    Raises:
        UnreadableImage: No folder, or no pictures in it.
    """

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._paths = find_images(folder)
        self._next = 0

    @property
    def rate_hz(self) -> float:
        """Folders do not tell."""
        return USUAL_HZ

    def rewind(self) -> None:
        """Begin again."""
        self._next = 0

    def read(self) -> Frame | None:
        """The next picture; None after the last one."""
        if self._next == len(self._paths):
            return None
        self._next += 1
        path = self._paths[self._next - 1]
        try:
            return decode_image(path).rgb
        except UnreadableImage as error:  # what a tracker says is stored, and names no folder of this machine
            raise UnreadableImage(error.message.replace(str(path), path.name)) from error

    def close(self) -> None:
        """Nothing is open."""


FrameFile = VideoFile | FrameFolder
"""What stands for a camera."""


class PacedCamera:
    """A file played at its own pace, as a camera would give it; frames that nobody had time for are skipped."""

    def __init__(self, file: FrameFile) -> None:
        self.file = file
        """The same frames without a pace."""
        self._began_s: float | None = None
        self._n_read = 0

    @property
    def rate_hz(self) -> float:
        """Of the file."""
        return self.file.rate_hz

    def read(self) -> Frame | None:
        """Wait until the next frame is due."""
        now_s = time.perf_counter()
        if self._began_s is None:
            self._began_s = now_s
        due = math.floor((now_s - self._began_s) * self.rate_hz)
        while self._n_read < due:
            if self.file.read() is None:
                return None
            self._n_read += 1
        wait_s = self._began_s + self._n_read / self.rate_hz - now_s
        if wait_s > 0:
            time.sleep(wait_s)
        self._n_read += 1
        return self.file.read()

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def open_file(path: Path) -> FrameFile:
    """A video or a folder of pictures; UnreadableImage for anything else."""
    return FrameFolder(path) if is_folder(path) else VideoFile(path)


def is_camera_number(which: str) -> bool:
    """Whether a camera of this computer is meant, not a file or folder."""
    return which.isascii() and which.isdigit() and len(which) < 6


def open_camera(which: str) -> Camera:
    """A camera by its number, or a video file or folder that stands for one.

    Raises:
        BackendUnavailable: No such camera.
        UnreadableImage: No such file, or not a video.
    """
    if is_camera_number(which):
        return DeviceCamera(int(which))
    return PacedCamera(open_file(typed_path(which)))
