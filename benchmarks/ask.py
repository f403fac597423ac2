"""`python -m benchmarks.ask MODULE NAME ARGUMENTS`: call a function of a module with a JSON list of
arguments, and print what it returns as JSON."""

import json
import os
import sys
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
django.setup()
_, module, name, arguments = sys.argv
answer = getattr(import_module(module), name)(*json.loads(arguments))
print(json.dumps(answer))
