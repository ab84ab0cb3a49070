"""The file of a study: opened, migrated, read and written in short transactions."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gazeapp.errors import AlreadyExists, DamagedSession, ReadOnlyStudy, StoreError, UnsafeName
from gazeapp.store import schema, study_migration, study_schema
from gazeapp.store.identifier import require_own_database
from gazeapp.store.private import make_private_file, make_private_folder
from gazeapp.store.shredding import overwrite
from gazeapp.store.storage_errors import MOST_PATH_BYTES, database_error, disk_error, too_long
from gazeapp.store.study_content import begin_study
from gazeapp.store.study_place import STUDY_NAME
from gazeapp.store.untrusted.queries import QueryBudget

_BELOW = len("/sessions/20261121T014500Z-017f3a/session.sqlite-journal")
"""What sessions add to the path of a study's folder."""
Row = tuple[Any, ...]  # Any: what SQLite stores


class StudyDatabase:
    """`study.sqlite` of a folder. Short transactions, each durable; several programs may use it at once.

    A study that cannot be written is read into memory, and every change is refused.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, *, is_read_only: bool = False) -> None:
        self.folder = folder
        self.file = folder / STUDY_NAME
        self.is_read_only = is_read_only
        self._db = connection
        self._budget = QueryBudget(connection, self.file)

    @classmethod
    def create(cls, folder: Path) -> StudyDatabase:
        """Make a new study in a folder; AlreadyExists when there is one."""
        file = folder / STUDY_NAME
        if len(os.fsencode(folder.absolute())) + _BELOW > MOST_PATH_BYTES:
            raise too_long(folder)
        if file.exists():
            raise AlreadyExists(f"{folder}: there is a study here already; open it, or choose another folder")
        try:
            make_private_folder(folder, exist_ok=True)
            make_private_folder(folder / "sessions", exist_ok=True)
            make_private_file(file)
        except OSError as error:
            raise disk_error(error, folder) from error
        connection = _connect(file)
        try:
            connection.execute("BEGIN IMMEDIATE")
            schema.create_tables(
                connection, study_schema.STUDY_TABLES, study_schema.STUDY_SCHEMA, study_schema.STUDY_APPLICATION_ID
            )
            begin_study(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.close()
            raise database_error(error, file) from error
        return cls(folder, connection)

    @classmethod
    def open(cls, folder: Path) -> StudyDatabase:
        """Open the study in a folder, and bring it up to date.

        Raises:
            StoreError: No study there.
            UnsafeName: The file, or one that SQLite keeps beside it, is a link or has a second name.
            UnsupportedSchema: Written by a newer version.
        """
        file = require_own_database(folder / STUDY_NAME)
        if not file.is_file():
            raise StoreError(f"{folder}: no study here ({STUDY_NAME} is missing)")
        is_read_only = not (os.access(file, os.W_OK) and os.access(folder, os.W_OK))
        if not is_read_only:
            make_private_file(file)  # those of earlier versions could be read by everybody
        connection = _read_into_memory(file) if is_read_only else _connect(file)
        try:
            # what is no database is named by require_schema
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                schema.require_tables_only(connection, file)
                _bring_up_to_date(connection)
            schema.require_schema(connection, file, study_schema.STUDY_SCHEMA, study_schema.STUDY_APPLICATION_ID)
            if is_read_only:
                connection.execute("PRAGMA query_only = ON")
        except BaseException:
            connection.close()
            raise
        return cls(folder, connection, is_read_only=is_read_only)

    def read(self, sql: str, *values: object) -> list[Row]:
        """Rows of a query."""
        self._budget.begin()
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise database_error(error, self.file) from error
        except UnicodeDecodeError as error:
            raise _damaged(self.file, error) from error

    def write(self, sql: str, *values: object) -> None:
        """One change in its own transaction."""
        with self.transaction() as execute:
            execute(sql, values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Any]:  # Any: sqlite3.Connection.execute
        """Several changes, all or none; gives what executes them."""
        if self.is_read_only:
            raise ReadOnlyStudy(
                f"{self.folder}: the study cannot be written here; copy it to a disk that can", path=self.folder
            )
        self._budget.begin()
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db.execute
            except BaseException:
                if self._db.in_transaction:  # a full disk ends it by itself
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise database_error(error, self.file) from error

    def cleanse(self) -> None:
        """Rewrite the file, so that nothing that was deleted stays in its freed pages or in its journal."""
        self._budget.begin()
        try:
            study_migration.cleanse(self._db)
            self._wipe_journal()
        except sqlite3.Error as error:
            raise database_error(error, self.file) from error
        except OSError as error:
            raise disk_error(error, self.folder) from error

    def copy_to(self, file: Path) -> None:
        """Write a whole, consistent copy, also while others write."""
        try:
            make_private_file(file)
            with contextlib.closing(sqlite3.connect(file)) as target:
                self._db.backup(target)
        except sqlite3.Error as error:
            raise database_error(error, file) from error

    def passes_check(self) -> bool:
        """Whether SQLite finds every page of the file in order, and every row its participant."""
        return self.read("PRAGMA integrity_check(1)") == [("ok",)] and not self.read("PRAGMA foreign_key_check")

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        if not self.is_read_only:
            with contextlib.suppress(sqlite3.Error, OSError, UnsafeName):  # whoever else has it open will do it
                self._db.execute("PRAGMA busy_timeout = 0")
                self._wipe_journal()
        self._db.close()

    def _wipe_journal(self) -> None:
        """Overwrite and remove the rollback journal, which holds earlier states of what was changed."""
        journal = self.folder / f"{STUDY_NAME}-journal"
        if not journal.exists():
            return
        self._db.execute("BEGIN EXCLUSIVE")  # nobody else is in the middle of a change
        try:
            overwrite(journal)
            with contextlib.suppress(PermissionError):  # Windows, while it is open; it holds nothing now
                journal.unlink()
        finally:
            self._db.execute("COMMIT")


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    (found_id,) = connection.execute("PRAGMA application_id").fetchone()
    (before,) = connection.execute("PRAGMA user_version").fetchone()
    if found_id != study_schema.STUDY_APPLICATION_ID or before not in study_migration.MIGRATIONS:
        return
    connection.execute("PRAGMA foreign_keys = OFF")  # tables are made anew; this has no effect inside a transaction
    schema.migrate(connection, study_migration.MIGRATIONS, study_schema.STUDY_SCHEMA)
    connection.execute("PRAGMA foreign_keys = ON")
    study_migration.cleanse(connection)


def _connect(file: Path) -> sqlite3.Connection:
    require_own_database(file)
    try:
        connection = sqlite3.connect(file, isolation_level=None, timeout=10, check_same_thread=False)
        try:
            connection.execute("PRAGMA schema_version")  # opens the file, by its name
            require_own_database(file)  # which may have been exchanged since it was looked at
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # deleted rows are overwritten with zeros
            connection.execute("PRAGMA synchronous = FULL")
            # kept in its place until it is overwritten: deleted at once, its content would stay on the disk
            connection.execute("PRAGMA journal_mode = PERSIST")
            connection.execute("PRAGMA temp_store = MEMORY")
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise database_error(error, file) from error
    except UnicodeDecodeError as error:
        raise _damaged(file, error) from error
    return connection


def _read_into_memory(file: Path) -> sqlite3.Connection:
    """A study on a disk that cannot be written: also one of an earlier version can then be read."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        uri = file.absolute().as_uri()
        with contextlib.closing(sqlite3.connect(f"{uri}?mode=ro&immutable=1", uri=True)) as source:
            source.backup(memory)
        memory.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as error:
        memory.close()
        raise database_error(error, file) from error
    except UnicodeDecodeError as error:
        memory.close()
        raise _damaged(file, error) from error
    return memory


def _damaged(file: Path, error: UnicodeDecodeError) -> DamagedSession:
    return DamagedSession(f"{file}: damaged ({error}); gazeapp recover {file.parent} saves what can be read")
