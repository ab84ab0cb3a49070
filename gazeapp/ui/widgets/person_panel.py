"""The right column of the page of people: one person, with consent, sessions, variables and note."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from gazeapp.store.consent import EYE_IMAGES, GAZE, PURPOSES
from gazeapp.store.session_state import SessionRecord
from gazeapp.store.study_variables import StudyVariable, Value
from gazeapp.ui.formatting import UNKNOWN, format_figure, format_share
from gazeapp.ui.models.preference_model import Told
from gazeapp.ui.models.study_reading import PersonRow
from gazeapp.ui.session_words import better_words, known_words, state_words, when_words, why_words
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import FIELD_PX, KeyButton, Section, label, set_role, set_text, set_tone
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList
from gazeapp.ui.widgets.figure_table import Cell, FigureTable
from gazeapp.ui.widgets.preference_facts import PreferenceFacts
from gazeapp.ui.widgets.variable_form import VariableForm

if TYPE_CHECKING:
    from gazeapp.runtime.recognition import Recognition

MAX_SESSIONS = 12
SURE_SHARE = 0.9
"""Probability from which a person counts as recognised."""


class PersonPanel(QWidget):
    """Shows a person; tells what somebody wants to do with them."""

    described = Signal(str, str, object)
    """(pseudonym, note, variables) were edited."""
    refused = Signal(str)
    """What was typed cannot be stored, in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._row: PersonRow | None = None
        self._variables: tuple[StudyVariable, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        head = QHBoxLayout()
        self.name = label("", "title")
        self.name.setMinimumHeight(FIELD_PX)
        self.state = label("", "dim", right=True)
        self.rename = KeyButton(self.tr("Rename …"), "F2")
        """Beside the name as long as there are no data; the state of the newest session stands there afterwards."""
        head.addWidget(self.name, 1)
        head.addWidget(self.state)
        head.addWidget(self.rename)
        column.addLayout(head)
        self.consent = Section(self.tr("Consent"))
        self._consents = FigureTable(["", ""], column_px=140, rules=False)
        self.consent.column.addWidget(self._consents)
        column.addWidget(self.consent)
        self.sessions = Section(self.tr("Sessions"))
        self.list = ChoiceList(theme)
        self.list.chosen.connect(lambda _key: self._show_session())
        self._nothing = label(self.tr("None yet."), "dim")
        self._why = label("", "dim", wrap=True)
        self._sittings = label("", "dim", wrap=True)
        self._sittings.hide()
        for widget in (self._sittings, self.list, self._nothing, self._why):
            self.sessions.column.addWidget(widget)
        column.addWidget(self.sessions)
        about = Section(self.tr("About"))
        self.form = VariableForm()
        self.form.edited.connect(self._edited)
        about.column.addWidget(self.form)
        column.addWidget(about)
        note = Section(self.tr("Note"))
        self.note = _Note()
        self.note.setAccessibleName(self.tr("Note"))
        self.note.left.connect(self._edited)
        note.column.addWidget(self.note)
        column.addWidget(note)
        known = Section(self.tr("What is known"))
        self._known = FigureTable(["", ""], column_px=124, rules=False)
        self._unknown = label(self.tr("Nothing yet."), "dim")
        known.column.addWidget(self._known)
        known.column.addWidget(self._unknown)
        self.recognise = KeyButton(self.tr("Recognise the newest session"), "W")
        known.column.addWidget(self.recognise)
        column.addWidget(known)
        self.preferences = PreferenceFacts(self.tr("What stands out"))
        column.addWidget(self.preferences)
        self.resume = KeyButton(self.tr("Continue the session"), "Ctrl+Return", primary=True)
        self.record = KeyButton(self.tr("Record a session"), "R", primary=True)
        self.analyse = KeyButton(self.tr("Analyse"), "A")
        self.ask = KeyButton(self.tr("Consent …"), "O")
        self.export = KeyButton(self.tr("Export …"), "X")
        self.erase = KeyButton(self.tr("Erase …"), "Del")
        set_tone(self.erase, "bad")
        self.buttons_whole = QWidget()
        """What can be done with the person; always in sight, below the rest."""
        grid = QGridLayout(self.buttons_whole)
        grid.setContentsMargins(16, 10, 16, 14)
        grid.setSpacing(8)
        grid.addWidget(self.resume, 0, 0, 1, 2)  # above the others, which stay where they are when it comes
        grid.addWidget(self.record, 1, 0, 1, 2)
        grid.addWidget(self.analyse, 2, 0)
        grid.addWidget(self.export, 2, 1)
        grid.addWidget(self.ask, 3, 0)
        grid.addWidget(self.erase, 3, 1)
        for button in (
            self.record,
            self.resume,
            self.analyse,
            self.ask,
            self.export,
            self.erase,
            self.recognise,
        ):
            # long words of another language never widen the column
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for button in (self.analyse, self.ask, self.rename, self.export, self.erase, self.recognise):
            button.setProperty("role", "slim")
        column.addStretch(1)

    @property
    def pseudonym(self) -> str:
        """Of the person shown; empty for nobody."""
        return self._row.pseudonym if self._row else ""

    @property
    def session_id(self) -> str:
        """The session that is marked; empty for none."""
        return self.list.key if self._row is not None and self._row.sessions else ""

    def show_person(
        self,
        row: PersonRow | None,
        variables: tuple[StudyVariable, ...],
        *,
        may_write: bool,
        recognised: Recognition | None = None,
    ) -> None:
        """Show a person; what is being typed stays as long as it is the same one."""
        is_other = row is None or self._row is None or row.pseudonym != self._row.pseudonym
        if is_other:
            self._edited()  # of the one before
        self._row = row
        self.setVisible(row is not None)
        self.buttons_whole.setVisible(row is not None)
        if row is None:
            return
        set_text(self.name, row.pseudonym)
        last = row.open_session or row.last
        set_text(self.state, state_words(last))
        self._show_consent(row)
        self._show_sessions(row)
        self._show_known(row, recognised)
        self.form.show_variables(variables)
        if is_other or not any(field.hasFocus() for field in self.form.fields.values()):
            self.form.show_values(row.person.variables)
        if is_other or not self.note.hasFocus():
            self.note.setPlainText(row.person.note)
        has_data = bool(row.sessions or row.n_pairs)
        self.state.setVisible(has_data)
        self.rename.setVisible(not has_data)
        set_role(self.record, "primary" if row.open_session is None else "")
        self.resume.setVisible(row.open_session is not None)
        self.resume.set_words(self.tr("Continue {0}").format(row.pseudonym))
        for button, is_on in (
            (self.record, may_write),
            (self.resume, may_write),
            (self.analyse, bool(row.sessions)),
            (self.ask, may_write),
            (self.rename, may_write),
            (self.export, bool(row.sessions)),
            (self.erase, may_write),
        ):
            button.setEnabled(is_on)
        self.form.setEnabled(may_write)
        self.note.setReadOnly(not may_write)

    def show_sittings(self, words: str, *, is_due: bool) -> None:
        """Say what is left of a plan of several sittings; nothing without one."""
        set_text(self._sittings, words)
        set_tone(self._sittings, "accent" if is_due else "")
        self._sittings.setVisible(bool(words))

    def show_preferences(self, told: Told) -> None:
        """Say what the person looks at more or less than others."""
        self.preferences.show_told(told, self.tr("Share of gaze beside others', told from the embedding."))

    def _show_known(self, row: PersonRow, found: Recognition | None) -> None:
        """Only rows that say something: a person of whom nothing is known has none."""
        made_in = next((s for s in row.sessions if s.session_id == row.known_from), None)
        when = when_words(made_in.created_utc if made_in else row.known_utc) if row.n_pairs else UNKNOWN
        told, errors = Cell(UNKNOWN), UNKNOWN
        if found is not None and any(session.session_id == found.session_id for session in row.sessions):
            words = self.tr("as {0} of {1}").format(found.rank, found.n_people)
            told = Cell(words, "ok" if found.rank == 1 and found.probability >= SURE_SHARE else "warn")
            errors = format_share(found.error_rate, 0)
        rows = {
            self.tr("Embedding"): Cell(known_words(row)),
            self.tr("Spread"): Cell(format_figure(row.spread, 3)),
            self.tr("Personal map better"): Cell(better_words(row.last)),
            self.tr("From the session of"): Cell(when),
            self.tr("Recognised"): told,
            self.tr("Error rate"): Cell(errors),
        }
        for name, cell in rows.items():
            if cell.text == UNKNOWN:
                self._known.hide_row(name)
            else:
                self._known.show_row(name, [cell])
        is_known = any(cell.text != UNKNOWN for cell in rows.values())
        self._known.setVisible(is_known)
        self._unknown.setVisible(not is_known)
        self.recognise.setVisible(len(row.sessions) > 1)

    def _show_consent(self, row: PersonRow) -> None:
        is_asked = any(consent.purpose in PURPOSES for consent in row.person.consents)
        for purpose, name in ((GAZE, self.tr("Gaze")), (EYE_IMAGES, self.tr("Pictures of the eyes"))):
            held = row.person.consent_to(purpose)
            before = any(consent.purpose == purpose for consent in row.person.consents)
            if held is not None:
                cell = Cell(self.tr("agreed, {0}").format(when_words(held.given_utc)), "ok")
            elif before:
                cell = Cell(self.tr("text changed: ask again"), "warn")
            elif purpose == GAZE and row.person.is_nobody:
                cell = Cell(self.tr("simulated"))
            else:
                cell = Cell(self.tr("not agreed") if is_asked else self.tr("none yet"))
            self._consents.show_row(name, [cell])

    def _show_sessions(self, row: PersonRow) -> None:
        shown = list(reversed(row.sessions))[:MAX_SESSIONS]
        before, ids = self.list.key, [record.session_id for record in shown]
        self.list.setVisible(bool(shown))
        self._nothing.setVisible(not shown)
        self.list.show_choices(
            [
                Choice(
                    key=record.session_id,
                    name=when_words(record.created_utc),
                    detail=" · ".join(
                        filter(
                            None,
                            (
                                state_words(record),
                                format_figure(record.summary.accuracy_deg, 2, "°").replace(UNKNOWN, ""),
                                record.experimenter,
                            ),
                        )
                    ),
                )
                for record in shown
            ],
            before if before in ids else ids[0] if ids else "",
        )
        self._show_session()

    def _show_session(self) -> None:
        record = self._session()
        set_text(self._why, why_words(record) if record else "")
        self._why.setVisible(bool(self._why.text()))

    def _session(self) -> SessionRecord | None:
        if self._row is None:
            return None
        return next((s for s in self._row.sessions if s.session_id == self.session_id), None)

    def _edited(self) -> None:
        row = self._row
        if row is None or not self.form.isEnabled():
            return
        problem = self.form.problem()
        if problem:
            self.refused.emit(problem)
            return
        note = self.note.toPlainText().strip()
        values: Mapping[str, Value | None] = self.form.values()
        changed = {name: value for name, value in values.items() if value != row.person.variables.get(name)}
        if changed or note != row.person.note:
            self.described.emit(row.pseudonym, note, changed)


class _Note(QPlainTextEdit):
    left = Signal()
    """Somebody went on to something else."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(64)
        self.setTabChangesFocus(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()
