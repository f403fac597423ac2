"""`python -m benchmarks.harness.run_function MODULE FUNCTION ARGUMENTS`: call it on a site.

ARGUMENTS is a JSON list; the return value is printed as JSON.
"""

import json
import os
import sys
from importlib import import_module

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
django.setup()
_, module, function, arguments = sys.argv
result = getattr(import_module(module), function)(*json.loads(arguments))
print(json.dumps(result))
