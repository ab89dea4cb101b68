"""Finds the emulator's binary, which is in the same wheel as this package."""

from __future__ import annotations

import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Iterator

from .errors import EmulatorError

DISTRIBUTION = "invodex-emulator"
NAME = "invodex-emulator"


def find() -> Path:
    """The binary that was installed with this package."""
    places = []
    for place in _places():
        if place.is_file():
            return place
        places.append(str(place))
    raise EmulatorError(
        f"the binary {NAME} is not installed; looked for {', '.join(places)}. Install the package "
        f"{DISTRIBUTION} from its wheel, or give binary=PATH"
    )


def _places() -> Iterator[Path]:
    try:
        files = metadata.distribution(DISTRIBUTION).files or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == NAME:
            yield Path(str(file.locate())).resolve()
    yield Path(sysconfig.get_path("scripts")) / NAME
    # `pip install --target DIR` puts commands in DIR/bin.
    yield Path(__file__).resolve().parent.parent / "bin" / NAME
