"""Sentence vectors from a model folder on this computer (sentence-transformers); nothing is ever fetched.

The library is heavy (PyTorch): it is looked for when the encoder is made, and loaded with the first text.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path
from threading import Lock
from typing import Any

from ctg_nlp.errors import HomeError, MissingTool

_PACKAGE = "sentence_transformers"
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_AT_A_TIME = 32  # texts


class LocalEncoder:
    """The model in a folder. Raises `HomeError` where there is none, `MissingTool` without the package."""

    def __init__(self, folder: Path) -> None:
        if not (folder / "modules.json").is_file() or not list(folder.rglob("*.safetensors")):
            raise HomeError(
                f"{folder} holds no sentence-transformers model (modules.json and *.safetensors). "
                "Copy one there, or empty the setting `embeddings`; a model is never downloaded."
            )
        if importlib.util.find_spec(_PACKAGE) is None:
            raise MissingTool(
                "The setting `embeddings` needs a package: pip install 'ctg_nlp[embeddings]'. "
                "Or empty the setting."
            )
        self.folder = folder
        self.encoder_id = _hash_of(folder)
        self._lock = Lock()
        self._model: Any = None

    def encode(self, texts: list[str]) -> Any:
        """An array (texts, numbers), each row of length 1. A text is read as far as the model reads (often
        256 word pieces). Raises `HomeError` where the model cannot be loaded."""
        with self._lock:  # tokenizers must not be shared by threads
            if self._model is None:
                self._model = _load(self.folder)
            return self._model.encode(
                texts, batch_size=_AT_A_TIME, normalize_embeddings=True, show_progress_bar=False
            )


def _load(folder: Path) -> Any:
    os.environ.update(_OFFLINE)  # before the import: the libraries read it once
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        return SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},  # other forms of weights may run code
        )
    except Exception as error:  # the libraries raise whatever their parts raise
        raise HomeError(
            f"The model in {folder} cannot be loaded ({type(error).__name__}). "
            "Copy it there again, or empty the setting `embeddings`."
        ) from error


def _hash_of(folder: Path) -> str:
    """A hash of all that the model is made of."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".json", ".safetensors", ".txt"}):
        with path.open("rb") as file:
            digest.update(f"{path.relative_to(folder).as_posix()}|".encode())
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
