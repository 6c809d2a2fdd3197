"""This package's version: that of the programs it carries."""

import json

from .programs import programs_folder

__version__: str = json.loads((programs_folder() / "package.json").read_text())["version"]
