"""What Hugging Face's `datasets` makes of a dataset, told by a process that may not ask the hub.

    python -m tests.support.huggingface CACHE BUILDER_OR_FOLDER [DATA_DIR]

prints JSON: for each split its rows, with the pixels of `image` in place of the picture.
"""

import json
import os
import sys
from typing import Any

import numpy as np


def rows_of(split: Any) -> list[dict[str, Any]]:
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
    return {name: rows_of(split) for name, split in loaded.items()}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
