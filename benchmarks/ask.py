"""`python -m benchmarks.ask NAME ARGUMENTS`: call a function of benchmarks.inside with a JSON list
of arguments, and print what it returns as JSON."""

import json
import os
import sys
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
django.setup()
_, name, arguments = sys.argv
answer = getattr(import_module("benchmarks.inside"), name)(*json.loads(arguments))
print(json.dumps(answer))
