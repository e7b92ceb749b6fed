"""RUN: runs of JSONL: every rule about them.

The rules stand in checks/report_lines.py and report_files.py; the walk that shows a run's lines to them is in
checks/report_walk.py. `WITH_FILES` has the rules about any run's bytes as well.
"""

from typing import Any

from neuclir_carbon.checks.report_files import REPORTS
from neuclir_carbon.checks.report_lines import ENTRIES, PARSED, TEXTS, UNFIT
from neuclir_carbon.checks.rulebook import Rulebook
from neuclir_carbon.checks.run_files import FILES

BOOK: Rulebook[Any] = Rulebook.joined("runs of JSONL", TEXTS, UNFIT, PARSED, ENTRIES, REPORTS)
WITH_FILES: Rulebook[Any] = Rulebook.joined("runs of JSONL and their bytes", FILES, BOOK)
