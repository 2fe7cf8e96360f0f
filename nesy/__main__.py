"""``python -m nesy`` is the command line."""

import sys

from nesy.cli import main

sys.exit(main())
