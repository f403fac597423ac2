"""Drawings out as datasets: one reader, one writer for each format.

A *writer* takes a binary file to write to, which may be as poor as an HTTP response (it can neither
seek nor tell), and a Source; it is a generator that gives the number of drawings done after each
batch, or more often where a batch becomes much larger on the way. So one piece of code serves a
command with its progress bar and a download, in memory that does not grow with the number of
drawings.
"""
