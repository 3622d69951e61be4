"""The signing key of a machine that was given none: made once, kept in the data folder, mode 0600."""

import os
import secrets
from pathlib import Path


def local_secret_key(data_dir: Path) -> str:
    """Return the key kept in `data_dir`, making it on the first call; two processes at once get the same one."""
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret_key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
