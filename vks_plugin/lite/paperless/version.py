"""The version of Paperless-ngx whose data and rules are stood in for."""

from __future__ import annotations

from typing import Final

__version__: Final[tuple[int, int, int]] = (3, 0, 5)
__full_version_str__: Final[str] = "3.0.5"
__major_minor_version_str__: Final[str] = "3.0"
