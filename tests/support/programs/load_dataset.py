"""Load a dataset with Hugging Face's `datasets`, in a process that must not contact the hub.

    python -m tests.support.programs.load_dataset CACHE BUILDER_OR_FOLDER [DATA_DIR]

Prints JSON: the rows of each split, with the pixels of `image` instead of the file.
"""

import json
import os
import sys
from typing import Any

import numpy as np


def read_rows(split: Any) -> list[dict[str, Any]]:
    return [
        {
            name: np.asarray(value).tolist() if name == "image" else str(value)
            for name, value in row.items()
        }
        for row in split
    ]


def main(cache: str, builder: str, data_dir: str | None = None) -> dict[str, Any]:
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HOME=cache)
    from datasets import load_dataset

    loaded = load_dataset(builder, data_dir=data_dir, cache_dir=cache)
    return {name: read_rows(split) for name, split in loaded.items()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
