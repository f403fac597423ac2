#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drawsite.settings")
    from django.core.management import execute_from_command_line

    from drawsite.environment import exit_on_invalid_setting

    with exit_on_invalid_setting():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
