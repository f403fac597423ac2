"""The secret key of sites without a SECRET_KEY setting, in a file that the first start creates."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from environs import EnvError

from drawsite.lib.atomic_files import flush_to_disk, temporary_path


def read_or_create_secret_key(path: Path) -> str:
    """Returns the key in the file. Creates the file, with mode 0600, if it does not exist."""
    try:
        if not path.exists():
            _create_secret_key(path)
        key = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise EnvError(
            f'Environment variable "DATA_DIR" invalid: {path} cannot be read or created: {error}'
        ) from error
    if not re.search(r"\w", key):  # empty, or zeros after a power cut
        raise EnvError(
            f"{path} contains no key. Restore your copy of it, or remove the file: a new key is"
            " then created, which logs everybody out."
        )
    return key


def _create_secret_key(path: Path) -> None:
    temporary = temporary_path(path)
    try:
        temporary.touch(mode=0o600)
        temporary.write_text(secrets.token_urlsafe(50))
        # The key must survive a power cut, as do the values signed with it.
        flush_to_disk(temporary)
        # Unlike a rename, a link never replaces a key that another process has created meanwhile.
        with suppress(FileExistsError):
            os.link(temporary, path)
        flush_to_disk(path.parent)
    finally:
        temporary.unlink(missing_ok=True)
