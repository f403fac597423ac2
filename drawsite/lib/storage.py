"""Static files under hashed names, compressed once."""

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Also rewrites the `import`s of ES modules to the hashed names.

    Compresses with gzip only. Brotli, which WhiteNoise adds where it is installed, takes three
    quarters of collectstatic's time, and so of each start, to save 4 kB of a first visit.
    """

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        return super().create_compressor(**options, use_brotli=False)
