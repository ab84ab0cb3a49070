"""Check this machine for what the program needs, and say how to mend what is wrong.

Looks at Python, packages, Qt and its system libraries, monitors, GPU, LSL, Tobii, shipped files and free disk.
"""

from __future__ import annotations

import argparse
import sys

EXAMPLE = "gazeapp doctor --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--set-up-tobii",
        action="store_true",
        help="first install the Tobii Pro SDK (proprietary, for non-commercial research) into an environment of its "
        "own",
    )
    parser.add_argument(
        "--newer", action="store_true", help="also ask pip whether there is a newer version (uses the network)"
    )


def run(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.cli.machine import CHECKS, check_newer

    if args.set_up_tobii:
        from gazeapp.devices.tobii.python310 import set_up

        print(f"the Tobii SDK is ready: {set_up()}", file=sys.stderr)
    findings = [finding for check in CHECKS for finding in check()]
    if args.newer:
        findings += check_newer()
    if args.json:
        print_json(
            {
                "ok": all(finding.state != "wrong" for finding in findings),
                "checks": [asdict(finding) for finding in findings],
            }
        )
        return 0
    for finding in findings:
        print(f"{finding.state:<9}{finding.name}: {finding.found}")
        if finding.mend:
            print(f"{'':<9}→ {finding.mend}")
    wrong = [finding.name for finding in findings if finding.state == "wrong"]
    print(f"to mend: {', '.join(wrong)}" if wrong else "all that is needed is here")
    return 0
