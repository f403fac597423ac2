"""`python -m benchmarks.harness.ask MODULE NAME ARGUMENTS`: call MODULE.NAME, print its result.

Arguments and result are JSON: the arguments a list.
"""

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
