from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModuleStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Static files under hashed names, in the `import`s of ES modules as well."""

    support_js_module_import_aggregation = True
