"""What the Action's step executes."""

from __future__ import annotations

import os

from reconciler.cli import leave, tune

tune()

from reconciler.cli.github.step import main  # noqa: E402 -- what it imports is what is tuned

leave(main(os.environ))
