"""Static files get names that change with their content, down to what modules import."""

import shutil
from pathlib import Path

from django.conf import settings

from crm.static_storage import LocalStaticStorage


def test_our_modules_import_each_other_by_hashed_names(tmp_path: Path) -> None:
    storage = LocalStaticStorage(location=tmp_path, base_url="/static/")
    for part in ("js", "css", "fonts"):
        shutil.copytree(settings.BASE_DIR / "static" / part, tmp_path / part)
    (tmp_path / "package").mkdir()
    (tmp_path / "package/lib.js").write_text('import x from "./never-shipped.js";')
    names = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")]
    finished = storage.post_process({name: (storage, name) for name in names})
    done = {before: after for before, after, _ in finished if not str(after).endswith(".gz")}
    assert not [problem for problem in done.values() if isinstance(problem, Exception)]
    app = (tmp_path / str(done["js/app.js"])).read_text()
    assert f'"./{Path(str(done["js/keys.js"])).name}"' in app
    assert '"./keys.js"' not in app
    assert Path(str(done["fonts/inter.woff2"])).name in (tmp_path / str(done["css/tokens.css"])).read_text()
    assert "never-shipped" in (tmp_path / "package/lib.js").read_text(), "the scripts of packages stay as they are"
