"""Make the pages of `asv publish` work without a network: scripts that they take from other sites are put beside them.

    asv publish && python tools/asv_offline.py .asv/html

The scripts come from the npm registry, through `npm pack`. Nothing else changes. To be run after each publish.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

# Each package, and its files by the name that ends the address in asv's page.
PACKAGES = {
    "jquery@3.3.1": {"jquery-3.3.1.min.js": "dist/jquery.min.js"},
    "flot@0.8.3": {
        "jquery.flot.min.js": "jquery.flot.js",
        "jquery.flot.time.min.js": "jquery.flot.time.js",
        "jquery.flot.selection.min.js": "jquery.flot.selection.js",
        "jquery.flot.categories.min.js": "jquery.flot.categories.js",
    },
    "flot-orderbars@1.0.0": {"jquery.flot.orderBars.js": "js/jquery.flot.orderBars.js"},
    "stupid-table-plugin@1.1.3": {"stupidtable.min.js": "stupidtable.min.js"},
    "blueimp-md5@2.19.0": {"md5.min.js": "js/md5.min.js"},
    "bootstrap@3.1.1": {
        "bootstrap.min.js": "dist/js/bootstrap.min.js",
        "bootstrap.min.css": "dist/css/bootstrap.min.css",
    },
}
ADDRESS = re.compile(r'(src|href)="https://[^"]*/([^"/]+\.(?:js|css))"[^>]*?(/?>)')


def fetch(package: str, files: dict[str, str], folder: Path) -> None:
    """Write the files of a package into a folder."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["npm", "pack", "--silent", package], cwd=work, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(work).glob("*.tgz")
        with tarfile.open(archive) as packed:
            root = packed.getnames()[0].partition("/")[0]
            for name, path in files.items():
                member = packed.extractfile(f"{root}/{path}")
                if member is None:
                    sys.exit(f"{package} has no {path}")
                (folder / name).write_bytes(member.read())


def localise(page: str, names: set[str]) -> str:
    """The page with the addresses of these files replaced; the others stay.

    >>> localise('<script src="https://a.example/x/y.js" integrity="z" onerror="f()"></script>', {"y.js"})
    '<script src="vendor/y.js"></script>'
    """

    def local(found: re.Match[str]) -> str:
        return f'{found[1]}="vendor/{found[2]}"{found[3]}' if found[2] in names else found[0]

    return ADDRESS.sub(local, page)


def main() -> None:
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "index.html").is_file():
        sys.exit("usage: asv_offline.py FOLDER, in which asv has published")
    html = Path(sys.argv[1])
    names = {name for files in PACKAGES.values() for name in files}
    index = html / "index.html"
    page = localise(index.read_text(encoding="utf-8"), names)
    left = sorted(set(re.findall(r'(?:src|href)="(https://[^"]*\.(?:js|css))"', page)))
    if left:
        sys.exit(f"asv takes other scripts now: {', '.join(left)}")
    (html / "vendor").mkdir(exist_ok=True)
    for package, files in PACKAGES.items():
        fetch(package, files, html / "vendor")
    index.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
