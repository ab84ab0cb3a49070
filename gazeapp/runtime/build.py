"""Puts a run together: tracker, study and session, networks, pipeline, controller."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import logging
from typing import Any

from gazeapp.devices.tracker import (
    Capability,
    EyeStreams,
    OnDeviceCalibration,
    Reconnectable,
    SceneAware,
    Tracker,
    TrackerInfo,
)
from gazeapp.errors import ConsentMissing, PlanError, SessionError, SettingsError, UnreadableImage
from gazeapp.experiment.continuation import Continuation, read_continuation
from gazeapp.experiment.controller import SessionController
from gazeapp.experiment.image_table import read_image_table
from gazeapp.experiment.participant_display import FrameTimed, HeadlessScreen, ParticipantDisplay
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.schedule import PlannedTrial, lay_out, share_images
from gazeapp.experiment.step_order import IMAGES
from gazeapp.experiment.stimulus_set import ImageSources, StimulusSet, find_images_of_steps
from gazeapp.gaze.clock import Clock, ManualClock, MonotonicClock
from gazeapp.gaze.correction_timeline import CorrectionTimeline
from gazeapp.gaze.detection.registry import ONLINE_ALGORITHMS, make_detector, parameters
from gazeapp.gaze.display import Display
from gazeapp.gaze.ring import SampleRing
from gazeapp.runtime.earlier_pairs import ViewedPair, viewed_pairs
from gazeapp.runtime.inference import Inference
from gazeapp.runtime.open_tracker import open_device
from gazeapp.runtime.options import RunOptions
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.run import Run
from gazeapp.runtime.session_analysis import SessionAnalysis
from gazeapp.runtime.thread_queue import DeviceExecutor, MainThreadQueue
from gazeapp.store.consent import GAZE, NOBODY_TEXTS
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import Note
from gazeapp.store.participant import Participant
from gazeapp.store.provenance import clock_origin, now_utc, software_versions, without_folders, without_place
from gazeapp.store.records import CorrectionRow, PartRow, ProblemRow, StimulusRow
from gazeapp.store.stimuli import read_image_file
from gazeapp.store.study import SessionFolder, Study

_log = logging.getLogger(__name__)

RING_S = 30.0
"""How far a reader of the ring may fall behind before it misses samples."""
MAX_RATE_HZ = 2000.0
LOAD_LIMIT_S = 30.0
"""How long a session waits for its networks before anything flows."""
DEFAULT_SIGMA_DEG = 1.0


def build_run(
    options: RunOptions,
    *,
    screen: ParticipantDisplay | None = None,
    clock: Clock | None = None,
    tracker: Tracker | None = None,
    virtual: bool = False,
) -> Run:
    """Make everything a run needs; nothing flows yet.

    All that can be wrong with plan, images, weights, consent and tracker is found here, before a session exists on
    disk.

    Args:
        options: What to run.
        screen: The participant's; None for a session without one.
        clock: The session clock; None takes a manual one for virtual time, else a monotonic one.
        tracker: An open tracker (such as the mouse that only a window can read); None opens the one of the options.
        virtual: Answer inference at once and write on this thread: for `Run.run_virtual`.

    Raises:
        PlanError: No such images.
        UnreadableImage: An image that cannot be decoded.
        CheckpointError: Weights that cannot be used (in virtual time; else they are loaded in the background).
        DeviceError: The tracker cannot be opened.
        SessionError: The session to go on with cannot be continued, or not with this tracker.
        ConsentMissing: The participant has not consented, or not to pictures of the eyes where they would be stored.
        StoreError: The study cannot be opened or written.
        SettingsError: A screen that cannot be.
    """
    resumed = resumed_session(options)
    if resumed is not None:
        options = dataclasses.replace(
            options,
            plan=resumed.plan,
            display=resumed.display,
            experimenter=options.experimenter or resumed.experimenter,
        )
    else:
        _require_screen(options.display)
    start_s = resumed.start_s() if resumed else 0.0
    clock = clock or (ManualClock(start_s) if virtual else MonotonicClock(start_s))
    plan, display = options.plan, options.display
    sources = None if resumed is not None else find_images_of_steps(plan)
    library = _library(plan, display, sources, resumed)
    variables = read_image_table(plan, sources.paths) if sources is not None else {}
    detector = make_detector(options.algorithm, display, options.detector_options)
    with contextlib.ExitStack() as undo:
        study = undo.enter_context(Study.open(options.study))
        person = study.participant(options.participant)
        if sources is not None:
            own = {step: [library.ids[path] for path in paths] for step, paths in sources.own.items()}
            images = share_images(plan, [library.ids[path] for path in sources.shared], own)
            schedule = lay_out(plan, images, participant_index(study, person.pseudonym), len(person.sessions))
        else:
            assert resumed is not None
            schedule = resumed.schedule
        # images of which the next is chosen as the session goes
        free_ids = tuple(
            dict.fromkeys(
                trial.stimulus_id
                for trial in schedule
                if trial.phase == "enrol" and plan.trials_of(trial.step).order == "informative"
            )
        )
        calls = MainThreadQueue()
        devices = DeviceExecutor(calls, inline=virtual)
        undo.callback(devices.close)
        inference = Inference(
            options.weights,
            known=_known_embedding(study, options),
            earlier=_earlier_pairs(study, options, tracker),
            expected=lambda: ((i, library.image_rgb(i)) for i in free_ids),
            universal=options.universal,
            name_of=lambda i: library[i].name,
            is_off=not options.has_networks,
            inline=virtual,
        )
        undo.callback(inference.close)
        if tracker is None:
            tracker = open_device(options, clock, library)
        undo.callback(tracker.close)
        _require_pointer(plan, tracker.info)
        _require_consent_to_images(person, tracker)
        publisher = None
        if options.publish:
            from gazeapp.devices.lsl.outlet import Outlets

            publisher = Outlets(options.publish, tracker.info, clock, display, on_network=options.publish_on_network)
        source = _whose(options, tracker.info)
        if resumed is None:
            session = study.new_session(
                options.participant, plan.name, source=source, experimenter=options.experimenter
            )
        else:
            _require_same_tracker(resumed, options, tracker.info)
            session = study.open_again(resumed.session_id, source=source)
        recorder = Recorder(session.writer(), clock, inline=virtual)
        undo.callback(recorder.close)
        rate_hz = tracker.info.rate_hz
        if resumed is None:
            _describe(recorder, options, session, library, schedule, tracker, detector, clock)
            if variables:
                recorder.take({"image_variables": {library.ids[path]: known for path, known in variables.items()}})
        else:
            _mark_gap(recorder, resumed, clock.now_s())
        recorder.take(_part(options, tracker.info, clock, resumed))
        recorder.flush()
        ring = SampleRing(int(RING_S * (rate_hz if rate_hz == rate_hz else MAX_RATE_HZ)) + 1)
        # an algorithm that needs the whole trial leaves what is shown meanwhile to another
        is_online = options.algorithm in ONLINE_ALGORITHMS
        corrections = CorrectionTimeline()
        pipeline = Pipeline(
            ring.cursor(),
            lambda: make_detector(options.algorithm, display, options.detector_options),
            make_live_detector=None if is_online else lambda: make_detector("ivt", display),
            rate_hz=rate_hz,
            corrections=corrections,
            recording=recorder.health,
        )
        analysis = SessionAnalysis(
            tracker=tracker,
            clock=clock,
            ring=ring,
            corrections=corrections,
            pipeline=pipeline,
            recorder=recorder,
            inference=inference,
            library=library,
            publisher=publisher,
            offsets=resumed.clock_offsets if resumed else (),
        )
        controller = SessionController(
            plan,
            schedule,
            display=display,
            screen=screen or HeadlessScreen(clock),
            gaze=ring.cursor(),
            stimuli=library,
            device=_own_calibration(tracker),
            tracker=tracker if isinstance(tracker, Reconnectable) else None,
            worker=devices,
            resumed=resumed,
            language=options.language,
        )
        if free_ids:
            controller.choose_images_by(inference.most_informative)
        if isinstance(tracker, SceneAware):
            controller.events.add(tracker.on_event)
        if not inference.wait_loaded(LOAD_LIMIT_S):
            _log.warning("loading the networks takes over %.0f s; the session begins without them", LOAD_LIMIT_S)
        undo.pop_all()
    return Run(
        controller=controller,
        clock=clock,
        tracker=tracker,
        pipeline=pipeline,
        analysis=analysis,
        recorder=recorder,
        inference=inference,
        library=library,
        study=study,
        session=session,
        source=source,
        calls=calls,
        devices=devices,
        frame_timing=screen.frame_timing if isinstance(screen, FrameTimed) else None,
        publisher=publisher,
    )


def _require_pointer(plan: ExperimentPlan, info: TrackerInfo) -> None:
    """A window that follows the pointer says where gaze is only if the pointer is the gaze."""
    views = {plan.trials_of(index).view for index, step in enumerate(plan.line) if step.kind in IMAGES}
    if "mouse-contingent" in views and info.serial != "pointer":
        raise PlanError(
            f'plan {plan.name}: trials.view = "mouse-contingent" needs the mouse as tracker, and this is {info.name}; '
            'choose the mouse in the windows, or set view = "free"',
            key="trials.view",
            expected="the mouse as tracker",
            found=info.name,
        )


def _require_consent_to_images(person: Participant, tracker: Tracker) -> None:
    if isinstance(tracker, EyeStreams) and tracker.gives_eye_images and not person.allows_eye_images:
        raise ConsentMissing(
            f"{person.pseudonym} has not consented to pictures of the eyes, which eye_images=record stores: ask, and "
            "add --consent eye-images (or tick the box in the windows) once the participant agreed, or leave the "
            "option out"
        )


def _known_embedding(study: Study, options: RunOptions) -> UserEmbedding | None:
    """Embedding of an earlier session, where this one shows what is known; an enrolment begins anew."""
    if "enrol" in options.plan.phases or "overlay" not in options.plan.phases:
        return None
    found = study.embeddings(options.participant)
    if not found:
        _log.warning(
            "%s has no embedding yet, so no personal map can be shown; run a plan with the phase enrol first",
            options.participant,
        )
    return found[-1] if found else None


def participant_index(study: Study, pseudonym: str) -> int:
    """How many participants came before this one, those that were erased since included."""
    present = sorted(study.participants(), key=lambda person: person.created_utc)
    return len(study.erasures()) + [person.pseudonym for person in present].index(pseudonym)


def _own_calibration(tracker: Tracker) -> OnDeviceCalibration | None:
    if Capability.ON_DEVICE_CALIBRATION not in tracker.info.capabilities:
        return None
    assert isinstance(tracker, OnDeviceCalibration)  # the capability promises it
    return tracker


def _describe(
    recorder: Recorder,
    options: RunOptions,
    session: SessionFolder,
    library: StimulusSet,
    schedule: tuple[PlannedTrial, ...],
    tracker: Tracker,
    detector: Any,
    clock: Clock,
) -> None:
    """Write what the session was made with, and keep its images, before the first sample."""
    info = tracker.info
    meta = {
        "plan": plan_json(options),
        "schedule": [
            [trial.phase, trial.block, trial.repeat, trial.stimulus_id, *([trial.step] if options.plan.steps else [])]
            for trial in schedule
        ],
        "n_images": len(schedule),
        "seed": options.plan.seed,
        "display": options.display,
        "tracker": _tracker_json(options, info),
        "detection": {"algorithm": options.algorithm, "parameters": parameters(detector)},
        "sigma_deg": DEFAULT_SIGMA_DEG,
        "clock_origin": clock_origin(clock.origin_s if isinstance(clock, MonotonicClock) else None),
    }
    recorder.take(meta)
    for stimulus_id in dict.fromkeys(trial.stimulus_id for trial in schedule):
        known = library[stimulus_id]
        session.stimuli.add(known.path)
        row = StimulusRow(
            stimulus_id=stimulus_id,
            name=known.name,
            file=session.stimuli.path(stimulus_id).name,
            width_px=known.frame.image_width_px,
            height_px=known.frame.image_height_px,
        )
        recorder.take(row)


def resumed_session(options: RunOptions) -> Continuation | None:
    """What the session to go on with left; None for a new one.

    Raises:
        SessionError: It cannot be continued, or belongs to somebody else.
        StoreError: No such session, or it cannot be read.
    """
    if not options.resume:
        return None
    with Study.open(options.study) as study:
        session = study.session(options.resume)
    found = read_continuation(session.path)
    if options.participant != session.pseudonym or found.pseudonym != session.pseudonym:
        raise SessionError(f"session {options.resume} is of {session.pseudonym}, not of {options.participant}")
    return found


def _require_screen(display: Display) -> None:
    """Whoever made it: in centimetres, every angle of the session would be wrong."""
    try:
        display.require_plausible()
    except ValueError as error:
        raise SettingsError(f"the participant's screen: {error}", key="display") from error


def _library(
    plan: ExperimentPlan, display: Display, sources: ImageSources | None, resumed: Continuation | None
) -> StimulusSet:
    if resumed is not None:
        return StimulusSet(plan, display, resumed.images, resumed.names)
    assert sources is not None
    return StimulusSet(plan, display, sources.paths)


def _earlier_pairs(study: Study, options: RunOptions, tracker: Tracker | None) -> list[ViewedPair]:
    """A returning person's enrolment goes on from what is known; a session that goes on is part of that."""
    if "enrol" not in options.plan.phases:
        return []
    backend = options.device if tracker is None else recorded_backend(options, tracker.info)
    return viewed_pairs(study, options.participant, is_nobody=backend in NOBODY_TEXTS)


def _require_same_tracker(resumed: Continuation, options: RunOptions, info: TrackerInfo) -> None:
    """One session has one kind of gaze."""
    backend = recorded_backend(options, info)
    if resumed.backend and backend != resumed.backend:
        raise SessionError(
            f"session {resumed.session_id} was recorded with {resumed.tracker or resumed.backend} ({resumed.backend}), "
            f"and this is {info.name} ({backend}); continue with the same tracker, or record a new session"
        )
    if resumed.eyes and info.eyes != resumed.eyes:
        raise SessionError(
            f"session {resumed.session_id} holds {resumed.eyes} gaze, and {info.name} delivers {info.eyes}; continue "
            "with the same setting, or record a new session"
        )


def _mark_gap(recorder: Recorder, resumed: Continuation, now_s: float) -> None:
    """Nothing between the parts counts, and no correction of the earlier part holds: people move."""
    message = f"resumed at image {resumed.next_image} of {len(resumed.schedule)}"
    gap_s = now_s - resumed.last_s
    recorder.take(ProblemRow(time_s=now_s, kind="resumed", message=message, gap_s=gap_s))
    recorder.take(Note(time_s=now_s, text=f"{message} after {gap_s:.0f} s; it had stopped because: {resumed.why}"))
    recorder.take(CorrectionRow(time_s=now_s, from_time_s=now_s, source="none", correction=None, note="resumed"))


def _part(options: RunOptions, info: TrackerInfo, clock: Clock, resumed: Continuation | None) -> PartRow:
    return PartRow(
        start_s=clock.now_s(),
        facts={
            "started_utc": now_utc(),
            "clock_origin": clock_origin(clock.origin_s if isinstance(clock, MonotonicClock) else None),
            "tracker": _tracker_json(options, info),
            "software": software_versions(),
            "experimenter": options.experimenter,
            "after": resumed.why if resumed else "",
        },
    )


def _tracker_json(options: RunOptions, info: TrackerInfo) -> dict[str, Any]:  # Any: JSON values
    return {
        "backend": recorded_backend(options, info),
        "name": info.name,
        "serial": info.serial,
        "rate_hz": info.rate_hz,
        "eyes": info.eyes,
        "firmware": info.firmware,
        "manufacturer": info.manufacturer,
        "model": info.model,
        "options": {key: without_place(value) for key, value in options.device_options.items()},
    }


def _whose(options: RunOptions, info: TrackerInfo) -> str:
    """What the session stores: a person's gaze, or nobody's. A mouse and recorded scan paths come from people."""
    backend = recorded_backend(options, info)
    return backend if backend in NOBODY_TEXTS else GAZE


def recorded_backend(options: RunOptions, info: TrackerInfo) -> str:
    """Whose gaze it is: the simulated backend also carries a person's mouse and a person's recorded scan paths."""
    if info.serial == "pointer":
        return "mouse"
    return options.device if info.backend == "simulated" else info.backend


def plan_json(options: RunOptions) -> dict[str, Any]:  # Any: JSON values
    """The plan as it is stored: values only, no folder of this machine; a target's picture is known by its content."""
    document: dict[str, Any] = without_folders(dataclasses.asdict(options.plan))
    del document["folder"]
    if not options.plan.steps:
        del document["steps"]
    picture = options.plan.calibration.target_image
    with contextlib.suppress(UnreadableImage):  # one that is gone is shown as the plain target
        if picture:
            content = read_image_file(options.plan.folder / picture)
            document["calibration"]["target_image_sha256"] = hashlib.sha256(content).hexdigest()
    return document
