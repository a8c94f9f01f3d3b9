"""Settings `VKS_*`, typed and read once.

They come from the environment, as the host's own `PAPERLESS_*` settings do; a
Django setting of the same name wins, which is how tests change one.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

MEBIBYTE = 1024 * 1024


_ZERO_TOO = frozenset({"deadline_start_offset"})
PAPER_SERIES = frozenset({"hand_over", "other_hand_over", "digitisation", "accession", "disposal"})
"""Series of `custody.models.NumberSeries` whose records bear a number and, where the office has one, a symbol."""
_LONGEST_SYMBOL = 40


@dataclass(frozen=True)
class Configuration:
    """Every setting of the plugin; field `x` is read from `VKS_X`."""

    enabled: bool = True
    """False returns stock pages after a restart; nobody's access widens."""
    host_interface: bool = True
    """Whether the sidebar entry and the case panel are added to the host's own pages."""
    case_code_prefix: str = "HS"
    """First part of the codes given to cases: PREFIX-UNIT-YEAR-NUMBER."""
    max_upload_bytes: int = 512 * MEBIBYTE
    """Largest file accepted, in bytes."""
    max_document_pages: int = 5000
    """Most pages a single PDF may have."""
    max_bundle_pages: int = 50_000
    """Most pages a single bundle may have."""
    bundle_volume_pages: int = 3000
    """Most pages of one volume of a bundle, when who asks names none; a worker's memory follows it."""
    bundle_volume_megabytes: int = 500
    """Heaviest volume of a bundle, when who asks names none, in mebibytes."""
    max_import_bytes: int = 20 * MEBIBYTE
    """Largest list of cases that is read, in bytes; a workbook may unpack into ten times as much."""
    max_import_rows: int = 20_000
    """Most rows of one list of cases."""
    deadline_start_offset: int = 1
    """1: the day after an event is the first day of a limit in days; 0: the day of the event is."""
    deadline_move_days: bool = True
    """Whether a limit in days that ends on a day off ends on the next working day; for months the law says so."""
    deadline_juvenile_percent: int = 50
    """Part of a limit that applies to persons under 18 in cases initiated from 2026, in percent."""
    deadline_juvenile_custody_percent: int = 50
    """The same for custody."""
    emergency_hours: int = 72
    """The longest an emergency opens a case to somebody, in hours."""
    oversight_days: int = 7
    """For how long a head of a department of the office above reads a case once a reason is given, in days."""
    loan_days: int = 30
    """The longest a file is lent, and the longest a loan is renewed for, in days."""
    loan_renewals: int = 2
    """How often a loan may be renewed."""
    loan_office_department: str = ""
    """Code of the department (Văn phòng) whose head allows loans to the office's own people too; empty: leaders alone."""
    loan_deputies_lend_outside: bool = False
    """Whether deputy chiefs too allow loans to people of other offices and agencies; else the chief alone."""
    quick_lists: bool = True
    """Whether the host's lists, counts and searches answer for filed documents from the cases instead of its own rows."""
    deck_unsealed: bool = False
    """Whether pages of documents that are not sealed yet may be shown in court."""
    deck_expires_days: int = 30
    """After so many days a package for the trial is to be destroyed, where no session is planned whose day says it."""
    redaction_days: int = 30
    """So many days what a search for a redaction found waits to be chosen from; then it is emptied."""
    reminder_email: bool = True
    """Whether reminders of time limits also go out by e-mail, where the host is set up to send any."""
    inbox_unit: str = ""
    """Code of the office whose clerks look after documents without an owner; empty: the only office in use, if one."""
    inbox_tag: str = ""
    """Documents without an owner that carry the tag of this name are taken into the inbox too."""
    take_every_unowned: bool = True
    """Whether every document that comes in without an owner is taken; off only where others use the host too."""
    paper_symbols: tuple[tuple[str, str], ...] = ()
    """What follows the number on records, by their series, as `hand_over=BB-VKS`; without one the number stands alone."""
    paper_kept: str = "VT, HSVA"
    """What follows "Lưu:" on papers that go to somebody; empty: they do not say where they are kept."""
    register_columns: str = ""
    """JSON file with the columns an office wants its registers to have; empty: those that ship with the program."""
    signature_roots: str = ""
    """Folder or PEM file of the root certificates by which signatures in PDFs are judged; empty: nobody is trusted."""
    signing_key: str = ""
    """PKCS#12 file of the key and certificate that sign bundles and manifests the system makes; empty: they stay unsigned."""
    signing_password_file: str = ""
    """File that holds the password of that file; empty: it has none."""
    data_dir: Path = Path()
    """Where finished bundles and waiting uploads lie; default: `vks` in the host's data folder."""
    finishing_events: str = "ket_thuc,nguon_tin_khoi_to,nguon_tin_khong_khoi_to,nguon_tin_chuyen"
    """Events of the record whose day is the day a case counts as finished, from which retention and accession count."""
    files_at_court: str = "finished,civil,administrative"
    """Whose case file is taken to be at the court until somebody records otherwise: `finished` criminal cases that were
    tried, and kinds of cases. Custom, not known from a source; that the file of a trial is there follows from Điều 244."""
    disposal_first_roles: str = "chief_procurator,deputy_chief_procurator"
    """Roles of the office that keeps a case whose holders approve first that its file is disposed of."""
    disposal_second_roles: str = "chief_procurator"
    """Roles of the province whose holders approve second, so that it may be carried out."""
    fixity_days: int = 30
    """After so many days the stored files of all cases are compared with what was recorded of them again."""
    fixity_rate: int = 50
    """The most megabytes a second the nightly comparison reads."""
    ledger_daily_checkpoint: bool = True
    """Whether the head of the ledger is signed every evening."""
    ledger_checkpoint_days: int = 3
    """After so many days in which new entries stayed unsigned, the doctor warns."""
    ledger_key_file: Path = Path()
    """The private key that signs the ledger; default: `ledger.key` in the folder above."""
    ledger_heads_dir: Path = Path()
    """Where every signed head is remembered outside of the database; default: `ledger-heads` in that folder."""


def _read(name: str, default: Any) -> Any:
    key = f"VKS_{name.upper()}"
    raw = getattr(django_settings, key, None)
    if raw is None:
        raw = os.environ.get(key)
    if raw is None:
        return _BESIDES[name]() if name in _BESIDES else default
    if isinstance(default, bool):
        text = str(raw).strip().lower()
        if text not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
            message = f"{key} must be true or false, not {raw!r}"
            raise ImproperlyConfigured(message)
        return text in {"1", "true", "yes", "on"}
    if isinstance(default, int):
        try:
            number = int(raw)
        except ValueError:
            number = 0
        if number <= 0 and not (name in _ZERO_TOO and str(raw).strip() == "0"):
            message = f"{key} must be a whole number above zero, not {raw!r}"
            raise ImproperlyConfigured(message)
        return number
    if isinstance(default, tuple):
        return _symbols(key, str(raw))
    if isinstance(default, Path):
        return Path(raw)
    return str(raw)


def _symbols(key: str, raw: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for each in filter(str.strip, raw.split(",")):
        series, _equals, symbol = (part.strip() for part in each.partition("="))
        if (
            series not in PAPER_SERIES
            or series in found
            or not symbol.isprintable()
            or not 0 < len(symbol) <= _LONGEST_SYMBOL
        ):
            message = f"{key} must be like hand_over=BB-VKS, separated by commas, of {', '.join(sorted(PAPER_SERIES))}; not {each.strip()!r}"
            raise ImproperlyConfigured(message)
        found[series] = symbol
    return tuple(found.items())


_BESIDES: dict[str, Callable[[], Path]] = {
    "data_dir": lambda: Path(django_settings.DATA_DIR) / "vks",
    "ledger_key_file": lambda: _read("data_dir", Path()) / "ledger.key",
    "ledger_heads_dir": lambda: _read("data_dir", Path()) / "ledger-heads",
}
"""Defaults that follow from other settings."""


@lru_cache(maxsize=1)
def configuration() -> Configuration:
    """Return the settings in force.

    Raises:
        ImproperlyConfigured: a value cannot be read; the sentence names it.
    """
    return Configuration(**{field.name: _read(field.name, field.default) for field in fields(Configuration)})


def _forget(*, setting: str, **_: object) -> None:
    if setting.startswith("VKS_") or setting == "DATA_DIR":
        configuration.cache_clear()


setting_changed.connect(_forget, dispatch_uid="vks.conf")
