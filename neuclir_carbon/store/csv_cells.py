"""The reader of CSV that all of `store/` uses: Python has one limit of a cell's length for the whole process, so it is
set in one place. Each reader bounds its lines, and some their cells, by itself.
"""

import csv

MOST_CHARACTERS = 256 * 1024
csv.field_size_limit(MOST_CHARACTERS)
reader = csv.reader
