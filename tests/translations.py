"""Keeps the English catalogue in step with the sentences in the code.

    python -m tests.translations            # rewrites the catalogue, prints what is still to be translated
    python -m tests.translations --check    # writes nothing; exit status 1 when something is missing or out of date

Sentences are written in Vietnamese in the code; their translations are entered by hand in
`vks_plugin/locale/en_GB/LC_MESSAGES/django.po`. Why `en_GB` and not `en` is told in vks_plugin/language.py.

Needs `xgettext`, `msgmerge` and `msgfmt` (Debian package gettext).
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parent.parent / "vks_plugin"
CATALOGUE = PACKAGE / "locale/en_GB/LC_MESSAGES/django.po"
COMPILED = CATALOGUE.with_suffix(".mo")

_NOT_OURS = ("lite", "locale", "vendor", "migrations", "__pycache__")
"""Folders of the package without sentences shown to its users; the stand-in host speaks for itself."""

_HEADER = """\
# English translations of vks-plugin; entered by hand, put in order by tests/translations.py.
msgid ""
msgstr ""
"Project-Id-Version: vks-plugin\\n"
"Language: en_GB\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
"""Nothing in it changes with the day or the machine."""


class Entry(NamedTuple):
    """A sentence of the code and its English."""

    context: str
    sentence: str
    plural: str
    english: tuple[str, ...]
    """One string, or singular and plural; empty strings where nothing was entered."""
    fuzzy: bool
    formatted: bool
    """Marked as holding placeholders such as `%(name)s`."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies the sentence."""
        return self.context, self.sentence, self.plural

    @property
    def translated(self) -> bool:
        """Whether every form was entered and none is a guess."""
        return bool(self.english) and all(self.english) and not self.fuzzy


def entries(catalogue: str) -> Iterator[Entry]:
    """Read the entries of a `.po` text, the header left out; obsolete ones are no entries."""
    for block in re.split(r"\n\s*\n", catalogue):
        flags: set[str] = set()
        values: dict[str, str] = {}
        keyword = ""
        for line in block.splitlines():
            if line.startswith("#,"):
                flags |= {flag.strip() for flag in line[2:].split(",")}
            elif line.startswith("#") or not line.strip():
                continue
            elif line.startswith('"'):
                values[keyword] += _unquoted(line)
            else:
                keyword, _, quoted = line.partition(" ")
                values[keyword] = _unquoted(quoted)
        if not values.get("msgid"):
            continue
        yield Entry(
            context=values.get("msgctxt", ""),
            sentence=values["msgid"],
            plural=values.get("msgid_plural", ""),
            english=tuple(values[name] for name in sorted(values) if name.startswith("msgstr")),
            fuzzy="fuzzy" in flags,
            formatted="python-format" in flags,
        )


def _unquoted(text: str) -> str:
    # a line of a catalogue is quoted as C does, and so is a Python string
    return str(ast.literal_eval(text.strip()))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def as_text(wanted: Iterable[Entry], known: Iterable[Entry]) -> str:
    """Return the catalogue: every sentence of the code once, in a fixed order, with the translations known.

    A guess of some tool (`fuzzy`) is no translation.
    """
    english = {entry.key: entry.english for entry in known if entry.translated}
    blocks = [_HEADER]
    for entry in sorted(wanted, key=lambda each: each.key):
        lines = ["#, python-format"] if entry.formatted else []
        if entry.context:
            lines.append(f"msgctxt {_quoted(entry.context)}")
        lines.append(f"msgid {_quoted(entry.sentence)}")
        if entry.plural:
            lines.append(f"msgid_plural {_quoted(entry.plural)}")
            forms = english.get(entry.key, ("", ""))
            lines += [f"msgstr[{number}] {_quoted(form)}" for number, form in enumerate(forms)]
        else:
            lines.append(f"msgstr {_quoted(english.get(entry.key, ('',))[0])}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def sentences_in_code(package: Path = PACKAGE) -> list[Entry]:
    """Return every sentence marked for translation, as Django's own `makemessages` finds them."""
    with tempfile.TemporaryDirectory(prefix="vks-translations-") as folder:
        copy = Path(folder) / package.name
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns(*_NOT_OURS))
        (copy / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "-l", "en_GB", "--no-wrap", "--no-location"]
        # no settings: the command looks for sentences in a folder, not for apps of a project
        surroundings = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(command, cwd=copy, env=surroundings, check=True, capture_output=True, text=True)
        return list(entries((copy / CATALOGUE.relative_to(PACKAGE)).read_text(encoding="utf-8")))


def recorded() -> list[Entry]:
    """Return the entries of the committed catalogue."""
    return list(entries(CATALOGUE.read_text(encoding="utf-8"))) if CATALOGUE.is_file() else []


def compiled(text: str) -> bytes:
    """Return the `.mo` of a `.po` text.

    Raises:
        CalledProcessError: `msgfmt` finds a mistake, such as placeholders that differ.
    """
    command = ["msgfmt", "--check", "--output-file=-", "-"]
    return subprocess.run(command, input=text.encode(), check=True, capture_output=True).stdout


def main() -> int:
    """Rewrite the catalogue, or only look; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.translations", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 when something is out of date"
    )
    options = parser.parse_args()
    text = as_text(sentences_in_code(), recorded())
    stale = []
    for path, content in ((CATALOGUE, text.encode()), (COMPILED, compiled(text))):
        if path.is_file() and path.read_bytes() == content:
            continue
        stale.append(path)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in stale:
        print(f"{'out of date' if options.check else 'written'}: {path.relative_to(PACKAGE.parent)}")
    untranslated = [entry.sentence for entry in entries(text) if not entry.translated]
    for sentence in untranslated:
        print(f"not translated: {sentence}")
    return 1 if untranslated or (options.check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
