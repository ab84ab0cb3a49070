"""Everybody's embeddings on a plane, read when somebody looks."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from gazeapp.analysis.embedding_plane import EmbeddingPlane, embedding_plane
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.study_model import StudyModel


class PlaneModel(QObject):
    """Of the people who count: somebody left out of analysis is no dot."""

    changed = Signal()

    def __init__(self, study: StudyModel) -> None:
        super().__init__()
        self._study = study
        self.plane: EmbeddingPlane | None = None
        self.problem = ""
        self._turn = 0

    def read(self) -> None:
        """Read the study's embeddings."""
        self._turn += 1
        turn, folder = self._turn, self._study.folder

        def work() -> EmbeddingPlane:
            import importlib

            from gazeapp.store.study import Study

            importlib.import_module("pyqtgraph")  # loading it would stop the windows
            with Study.open(folder) as study:
                out = {e.pseudonym for e in study.exclusions.present() if not e.session_id}
                found = {name: e for name, e in study.newest_embeddings().items() if name not in out}
            return embedding_plane(found)

        def done(found: EmbeddingPlane | Exception) -> None:
            if turn != self._turn:
                return
            self.problem = error_words(found) if isinstance(found, Exception) else ""
            self.plane = None if isinstance(found, Exception) else found
            self.changed.emit()

        self._study.bridge.run(work, done)
