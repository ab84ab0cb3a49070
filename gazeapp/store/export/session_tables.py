"""A session as tidy tables: what every tabular export writes, with the meaning of each column."""

from __future__ import annotations

from dataclasses import replace

from gazeapp.store.export.measurement_tables import (
    calibration_table,
    clock_offsets_table,
    corrections_table,
    events_table,
    problems_table,
    recalibrations_table,
    targets_table,
    validation_table,
)
from gazeapp.store.export.table import Column, Table
from gazeapp.store.export.viewing_tables import (
    fixations_table,
    growth_table,
    predictions_table,
    samples_table,
    stimuli_table,
    trials_table,
)
from gazeapp.store.reader import SessionReader


def session_tables(reader: SessionReader, *, include_embeddings: bool = False) -> list[Table]:
    """All tables of a session; embeddings, and maps that they can be computed from, only when asked for."""
    tables = [
        samples_table(reader),
        fixations_table(reader),
        trials_table(reader),
        events_table(reader),
        targets_table(reader),
        stimuli_table(reader),
        calibration_table(reader),
        corrections_table(reader),
        recalibrations_table(reader),
        validation_table(reader),
        predictions_table(reader, with_personal=include_embeddings),
        problems_table(reader),
    ]
    if reader.clock_offsets():
        tables.append(clock_offsets_table(reader))
    if include_embeddings:
        tables.append(growth_table(reader))
    return [pooled(table, reader) for table in tables]


def pooled(table: Table, reader: SessionReader) -> Table:
    """The table with whose and which session's it is in every row."""
    session = Column(name="session", kind="text", meaning="session it is from")
    participant = Column(name="participant", kind="text", meaning="pseudonym of the participant")
    return replace(table, constants=((participant, reader.pseudonym), (session, reader.session_id)))
