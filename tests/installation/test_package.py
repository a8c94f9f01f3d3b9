"""What is listed for the package is what is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SETUPTOOLS = PROJECT["tool"]["setuptools"]


def _packages() -> set[str]:
    """Return every folder of Python modules; the stand-in travels as data, under the names of the host."""
    found = {"vks_plugin.fixtures"}
    for path in (ROOT / "vks_plugin").rglob("*.py"):
        parts = path.relative_to(ROOT).parts[:-1]
        if "lite" not in parts:
            found.add(".".join(parts))
    return found | {"vks_plugin.migrations"}


def test_every_folder_of_modules_is_packaged() -> None:
    assert set(SETUPTOOLS["packages"]) == _packages()


def test_every_other_file_is_packaged_as_data() -> None:
    patterns = SETUPTOOLS["package-data"]["vks_plugin"]
    for path in (ROOT / "vks_plugin").rglob("*"):
        inside = path.relative_to(ROOT / "vks_plugin")
        if not path.is_file() or inside.parts[0] in {"fixtures", "migrations"} or "__pycache__" in inside.parts:
            continue
        if path.suffix == ".py" and inside.parts[0] != "lite":
            continue
        assert any(inside.match(pattern) or inside.parts[0] == pattern.split("/")[0] for pattern in patterns), inside


def test_folders_at_the_top_are_mapped_into_the_package() -> None:
    for name in ("migrations", "fixtures"):
        assert SETUPTOOLS["package-dir"][f"vks_plugin.{name}"] == name
        assert (ROOT / "vks_plugin" / name).resolve() == ROOT / name


def test_what_is_shipped_from_others_carries_its_licence() -> None:
    static = ROOT / "vks_plugin" / "static" / "vks"
    for folder in [path for path in static.rglob("*") if path.is_dir()]:
        shipped = [path for path in folder.iterdir() if path.suffix in {".ttf", ".woff2"} or ".min." in path.name]
        if shipped:
            licences = [path for path in folder.iterdir() if "LICENSE" in path.name.upper() or "OFL" in path.name]
            assert licences, f"{folder} holds {shipped[0].name} without its licence"
