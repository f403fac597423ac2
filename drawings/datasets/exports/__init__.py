"""Exports drawings as datasets: one source, and one writer for each format.

A *writer* is a generator that takes a Source and a binary file, which needs no seek() and no tell()
and so may be an HTTP response. It yields the number of drawings written so far after each batch, or
more often where the format makes a batch much larger. The same code thus serves a command with a
progress bar and a download, in memory that does not grow with the number of drawings.
"""
