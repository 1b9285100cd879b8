"""The journal in an SQLite file: history, state and outbox in one transaction."""

from vendtower.adapters.journal_sqlite.database import DatabaseSettings, Migration
from vendtower.adapters.journal_sqlite.journal import SqliteJournal

__all__ = ["DatabaseSettings", "Migration", "SqliteJournal"]
