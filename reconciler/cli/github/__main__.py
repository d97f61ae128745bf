"""What the Action's step executes."""

from __future__ import annotations

import os
import sys

from reconciler.cli.github.step import main

sys.exit(main(os.environ))
