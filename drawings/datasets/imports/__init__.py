"""Datasets in, for manage.py import_drawings.

    sources ──> a reader of each kind ──tasks──> making ──columns──> intake ──> rows

A reader goes through its source, a record at a time, and says of each where it is and how to make a
drawing of it. Making is done by as many processes as there are cores. The intake holds what comes
to the model's own rules, and stores it. Only the intake knows of Django.
"""
