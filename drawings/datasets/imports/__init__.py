"""Imports datasets, for manage.py import_drawings.

    source ──> reader of its format ──tasks──> convert ──columns──> loader ──> rows

A reader yields a task for each record: where the record is, its data, and the function that
converts it to columns. Worker processes run the tasks, at most one for each core. The loader
validates the columns by the model's rules and stores them. Only the loader uses Django.
"""
