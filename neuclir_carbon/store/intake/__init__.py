"""Other trackers' files: one module a format, and `recognising` says which one a file is of."""
