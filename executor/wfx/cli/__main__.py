"""`python -m wfx.cli` is the command `wfx`."""

from __future__ import annotations

import sys

from wfx.cli import main

sys.exit(main())
