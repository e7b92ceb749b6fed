"""Grammars of the registries' serial numbers, one file per programme, and the arithmetic of their blocks.

`reading.read_serial` goes from a text to what it encodes; `overlaps.sweep` finds credits that are claimed twice.
"""
