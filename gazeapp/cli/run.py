"""Run an experiment plan with a participant: calibrate, validate, enrol, overlay, as the plan says.

Without --headless a window opens for the participant and one for the experimenter. With --headless nothing is shown:
simulated and replayed gaze, and a video in place of a webcam, are then run as fast as the machine can, others in real
time. Storing anything needs the participant's consent: recorded in the study before, or confirmed here by --consent.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.cli.universal_models import add_model_arguments, model_choice
from gazeapp.errors import ConsentMissing, GazeAppError, SettingsError
from gazeapp.store.consent import EYE_IMAGES, GAZE, NOBODY_TEXTS, parse_purposes

if TYPE_CHECKING:
    from gazeapp.experiment.plan import ExperimentPlan
    from gazeapp.runtime import RunOptions, RunSummary
    from gazeapp.store.study import Study

EXAMPLE = "gazeapp run assets/plans/example.toml --participant P017 --device lsl --study my-study --consent gaze"
DEVICES = ("simulated", "replay", "lsl", "tobii", "webcam")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plan",
        type=Path,
        metavar="PLAN.toml",
        nargs="?",
        help="a file, or the name of one of the study's plans; not with --resume",
    )
    parser.add_argument(
        "--resume", metavar="SESSION", help="go on with an interrupted session (its id) at the next image"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="print every mistake of the plan, or its steps and their duration; run nothing",
    )
    parser.add_argument(
        "--language", default="en", metavar="LANG", help="what the participant reads, where the plan has more than one"
    )
    parser.add_argument("--participant", metavar="ID", help="pseudonym, never a name")
    parser.add_argument(
        "--device",
        choices=DEVICES,
        help="without it, what was found is listed and asked on a terminal; elsewhere nothing is recorded",
    )
    parser.add_argument("--device-option", action="append", default=[], metavar="K=V", help="may be repeated")
    parser.add_argument("--display", metavar="W_PX,H_PX,W_MM,H_MM,DIST_MM", help="the participant's screen")
    parser.add_argument("--study", type=Path, default=Path("gazeapp-study"), metavar="DIR")
    parser.add_argument("--headless", action="store_true", help="without windows or an experimenter")
    parser.add_argument(
        "--realtime",
        action="store_true",
        help="headless: do not run simulated and replayed gaze, or a video, faster than real time",
    )
    add_consent(parser)
    parser.add_argument("--experimenter", default="", metavar="INITIALS", help="who leads the session")
    parser.add_argument("--algorithm", default="ivt", help="fixation detection (default: ivt)")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other network weights")
    add_model_arguments(parser, model="--universal", weights="--universal-weights", option="--universal-option")
    parser.add_argument("--publish", default="", metavar="NAME", help="publish gaze, fixations and markers on LSL")
    parser.add_argument(
        "--publish-on-network", action="store_true", help="also to other machines; anybody there can read them"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    from gazeapp.experiment.plan_reader import read_plan
    from gazeapp.experiment.study_plans import find_plan

    if args.resume:
        plan = _plan_of_session(args)
    elif args.plan is None:
        raise SettingsError("PLAN.toml is needed, or --resume SESSION", key="plan")
    else:
        file = find_plan(args.plan, args.study)
        if args.check:
            return check_plan(file, as_json=args.json)
        plan = read_plan(file)
    if not args.participant:
        raise SettingsError("--participant ID is needed to run a plan", key="participant")
    options = _with_device(args, _options(args, plan))
    if not args.headless:
        return _run_in_windows(options, args)
    summary = run_headless(
        options, consent=args.consent, language=args.consent_language, label=f"run {plan.name}", realtime=args.realtime
    )
    report(summary, as_json=args.json)
    return 0


def _with_device(args: argparse.Namespace, options: RunOptions) -> RunOptions:
    """The options with the tracker that was said, or chosen on the terminal."""
    from gazeapp.cli.device_choice import choose_device

    given = dict(options.device_options)
    needs_name = args.device == "lsl" and "stream" not in given and sys.stdin.isatty() and sys.stderr.isatty()
    if args.device is not None and not needs_name:
        return options
    device, found = choose_device(only=args.device)
    return replace(options, device=device, device_options={**found, **given})


def _plan_of_session(args: argparse.Namespace) -> ExperimentPlan:
    """The plan that a session was begun with; the participant is the session's."""
    from gazeapp.experiment.continuation import read_continuation
    from gazeapp.store.study import Study

    if args.plan is not None:
        raise SettingsError("--resume: the session has its plan; leave PLAN.toml out", key="resume")
    with Study.open(args.study) as study:
        session = study.session(Path(args.resume).name)
    args.resume, args.participant = session.session_id, args.participant or session.pseudonym
    return read_continuation(session.path).plan


def check_plan(path: Path, *, as_json: bool = False) -> int:
    """Print every mistake of a plan, one a line, or its steps and how long they take."""
    from gazeapp.cli.console import print_json
    from gazeapp.experiment.plan_check import check_plan as find_mistakes
    from gazeapp.experiment.plan_check import decode_images
    from gazeapp.experiment.step_order import IMAGES

    check = find_mistakes(path)
    ids, unreadable = decode_images(check) if not check.mistakes else ({}, [])
    mistakes = [(mistake.key, mistake.line, mistake.fault) for mistake in (*check.mistakes, *unreadable)]
    if mistakes:
        _show_mistakes(path, mistakes, as_json=as_json)
        return 2
    plan, n_images = check.plan, check.count(ids)
    assert plan is not None, "without mistakes"
    estimate = plan.estimate_steps(n_images)
    of_kind = {
        kind: sum(n for n, step in zip(n_images, plan.line, strict=True) if step.kind == kind) for kind in IMAGES
    }
    if as_json:
        print_json(
            {
                "plan": plan.name,
                "valid": True,
                "steps": [
                    {"kind": step.kind, "duration_s": took_s, "n_images": n}
                    for step, took_s, n in zip(plan.line, estimate.steps_s, n_images, strict=True)
                ],
                "phases_s": estimate.phases_s,
                "breaks_s": estimate.breaks_s,
                "total_s": estimate.total_s,
                "n_trials": estimate.n_trials,
                "n_enrol_images": of_kind["enrol"],
                "n_overlay_images": of_kind["overlay"],
            }
        )
        return 0
    print(f"{path}: the plan {plan.name!r} is valid")
    # with one step of a kind, calibrating anew in breaks is in its time
    rows = (
        [(step.kind, took_s, n) for step, took_s, n in zip(plan.line, estimate.steps_s, n_images, strict=True)]
        if plan.steps
        else [(kind, took_s, of_kind.get(kind, 0)) for kind, took_s in estimate.phases_s.items()]
    )
    for kind, took_s, n in rows:
        print(f"  {kind:<12}{_clock(took_s)}" + (f", {n} images" if kind in IMAGES else ""))
    rest_s = estimate.total_s - sum(took_s for _, took_s, _ in rows)
    if rest_s > 0:
        print(f"  {'breaks':<12}{_clock(rest_s)}")
    print(f"  {'duration':<12}{_clock(estimate.total_s)} (about), {estimate.n_trials} images shown")
    return 0


def _show_mistakes(path: Path, mistakes: list[tuple[str, int, str]], *, as_json: bool) -> None:
    from gazeapp.cli.console import print_json

    if as_json:
        listed = [{"key": key, "line": line or None, "fault": fault} for key, line, fault in mistakes]
        print_json({"plan": path.stem, "valid": False, "mistakes": listed})
        return
    for _, line, fault in mistakes:
        # one line each, whatever the file holds
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in fault)
        where = f"{path}, line {line}: " if line else "" if str(path) in text else f"{path}: "
        print(f"gazeapp run: {where}{text}", file=sys.stderr)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d} min"


def _options(args: argparse.Namespace, plan: object) -> RunOptions:
    from gazeapp.cli.gaze_options import parse_display
    from gazeapp.experiment.plan import ExperimentPlan
    from gazeapp.runtime.options import DEFAULT_DISPLAY, RunOptions

    assert isinstance(plan, ExperimentPlan)
    display = parse_display(args.display) or DEFAULT_DISPLAY
    return RunOptions(
        plan=plan,
        study=args.study,
        participant=args.participant,
        display=display,
        device=args.device or "simulated",
        device_options=parse_options(args.device_option),
        algorithm=args.algorithm,
        experimenter=args.experimenter,
        resume=args.resume or "",
        language=args.language,
        weights=args.weights,
        universal=model_choice(args),
        publish=args.publish,
        publish_on_network=args.publish_on_network,
    )


def parse_options(texts: list[str]) -> dict[str, str]:
    """`K=V` texts as a mapping."""
    options: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SettingsError(f"--device-option {text!r}: must be KEY=VALUE", key="device-option")
        options[key] = value
    return options


def add_consent(parser: argparse.ArgumentParser) -> None:
    """The options that record a consent."""
    parser.add_argument(
        "--consent",
        type=_purposes,
        nargs="?",
        const=(GAZE,),
        default=(),
        metavar="gaze[,eye-images]",
        help="what the participant agreed to have stored (alone: gaze), after reading the study's text; recorded with "
        "the date",
    )
    parser.add_argument(
        "--consent-language", default="en", metavar="LANG", help="language of the text that was read (default: en)"
    )


def _purposes(text: str) -> tuple[str, ...]:
    try:
        return parse_purposes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run_headless(
    options: RunOptions, *, consent: Collection[str] = (), language: str = "en", label: str, realtime: bool = False
) -> RunSummary:
    """Record what is agreed to, run the plan without windows, and say what remains when it fails."""
    from gazeapp.progress import ProgressBar
    from gazeapp.runtime import build_run

    prepare_participant(options, consent=consent, language=language)
    virtual = _has_own_time(options) and not realtime and not options.publish
    run = build_run(options, virtual=virtual)
    try:
        with ProgressBar(label, unit="images") as bar:

            def progress(n_done: int, n_trials: int, what: str) -> None:
                if bar.is_due(n_done, what):
                    bar.show(n_done, what, total=n_trials)

            if virtual:
                return run.run_virtual(progress)
            run.inference.wait(120.0)
            return run.run_realtime(progress)
    except GazeAppError as error:
        error.say_more(f"(the session so far: {run.session.path})")
        raise
    finally:
        run.close()


def _has_own_time(options: RunOptions) -> bool:
    """Whether what gives gaze is no slower or faster than it is asked: a simulation, a recording, a video."""
    from gazeapp.camera.source import is_camera_number

    camera = options.device_options.get("camera", "0").strip()
    return options.device in NOBODY_TEXTS or (options.device == "webcam" and not is_camera_number(camera))


def prepare_participant(options: RunOptions, *, consent: Collection[str] = (), language: str = "en") -> None:
    """Add the participant to the study and record the consent that was given.

    Args:
        options: Of the run.
        consent: Purposes the participant agreed to just now.
        language: Of the text that was read.

    Raises:
        ConsentMissing: Gaze of a person, or pictures of the eyes, would be stored without consent.
    """
    from gazeapp.store.study import Study

    with Study.open_or_create(options.study) as study:
        person = add_participant(study, options.participant)
        if options.device in NOBODY_TEXTS:
            study.note_nobody(person, options.device)
            return  # what is noted for a simulation or a recording is nobody's consent
        needed = (GAZE, EYE_IMAGES) if options.wants_eye_images else (GAZE,)
        require_consent(study, person, needed, consent, language=language, initials=options.experimenter)


def add_participant(study: Study, pseudonym: str) -> str:
    """Add a participant; returns the pseudonym as the study spells it."""
    try:
        return study.add_participant(pseudonym).pseudonym
    except ValueError as error:
        raise SettingsError(f"--participant: {error}", key="participant") from error


def require_consent(
    study: Study, person: str, needed: Collection[str], given: Collection[str], *, language: str, initials: str = ""
) -> None:
    """Record what the participant agreed to now, and refuse to go on without what is needed."""
    known = study.participant(person)
    if given:
        new = [purpose for purpose in given if known.consent_to(purpose) is None]
        if new:
            study.record_consent(person, *new, language=language, initials=initials)
        known = study.participant(person)
    missing = [purpose for purpose in needed if known.consent_to(purpose) is None]
    if missing:
        words = {GAZE: "gaze", EYE_IMAGES: "pictures of the eyes"}
        asked_before = any(consent.purpose == missing[0] for consent in known.consents)
        raise ConsentMissing(
            f"{person} has not consented to storing {words[missing[0]]} in {study.path}"
            + (" under the text in force now" if asked_before else "")
            + f"; let the participant read it (gazeapp consent), then add --consent {','.join(needed)}"
        )


def report(summary: RunSummary, *, as_json: bool) -> None:
    """Print what a run left behind."""
    from gazeapp.cli.console import print_json

    embedding = summary.embedding
    if as_json:
        print_json(
            {
                "session": str(summary.session.path),
                "state": summary.state,
                "source": summary.source,
                "n_samples": summary.n_samples,
                "n_trials": summary.n_trials,
                "n_interrupted": summary.n_interrupted,
                "n_fixations": summary.n_fixations,
                "validation": summary.validation,
                "embedding": None if embedding is None else {"n_pairs": embedding.n_pairs, "spread": embedding.spread},
                "problems": list(summary.problems),
            }
        )
        return
    print(f"session      {summary.session.path}")
    if summary.source in NOBODY_TEXTS:
        print(f"{summary.source:<12} a rehearsal: nobody was recorded, and no consent was asked or stored")
    print(
        f"recorded     {summary.n_samples} samples, {summary.n_trials} images, {summary.n_fixations} fixations"
        + (f", {summary.n_interrupted} interrupted" if summary.n_interrupted else "")
    )
    if summary.validation:
        print(f"validation   {summary.validation}")
    if embedding is not None:
        print(f"embedding    from {embedding.n_pairs} images, spread {embedding.spread:.2g}")
    for problem in summary.problems:
        print(f"note         {problem}")


def _run_in_windows(options: RunOptions, args: argparse.Namespace) -> int:
    """The windows ask for the consent that is missing."""
    from gazeapp.store.study import Study
    from gazeapp.ui.app import require_windows, run_plan

    require_windows()
    with Study.open_or_create(options.study) as study:
        person = add_participant(study, options.participant)
        if options.device in NOBODY_TEXTS:
            study.note_nobody(person, options.device)
        require_consent(study, person, (), args.consent, language=args.consent_language, initials=args.experimenter)
    return int(run_plan(options))
