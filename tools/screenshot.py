"""Take a picture of a built page with Chromium, served as a web server would: asv's pages do not work from files.

    python tools/screenshot.py build/docs index.html docs/images/docs.png --size 1000x620
    python tools/screenshot.py build/docs guide/prompts.html prompts.png --size 500x900 --dark
    python tools/screenshot.py .asv/html index.html docs/images/asv.png --fragment throughput.Throughput.track_fresh

`--fragment` is what follows the # of the address. Chromium is looked for under its usual names, or in CHROMIUM. It runs
with an empty profile, and is not to phone home.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=10000"),
)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without telling of each."""

    def log_message(self, *_: object) -> None:
        pass


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        sys.exit(f"no browser: install one of {', '.join(NAMES)}, or name it in CHROMIUM")
    return found


def take(url: str, picture: Path, size: str, dark: bool) -> None:
    """Write the picture of a page; CalledProcessError or TimeoutExpired where the browser fails."""
    with tempfile.TemporaryDirectory() as profile:
        options = [f"--user-data-dir={profile}", f"--window-size={size.replace('x', ',')}", f"--screenshot={picture}"]
        if dark:
            options.append("--blink-settings=preferredColorScheme=0")
        subprocess.run([chromium(), *FLAGS, *options, url], check=True, timeout=120, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description="Take a picture of a built page.")
    parser.add_argument("folder", type=Path, help="what was built, the whole of it")
    parser.add_argument("page", help="a file in it")
    parser.add_argument("picture", type=Path)
    parser.add_argument("--size", default="1280x900", help="width x height in pixels (default: %(default)s)")
    parser.add_argument("--fragment", help="what follows the # of the address")
    parser.add_argument("--dark", action="store_true", help="as for a reader who prefers dark pages")
    args = parser.parse_args()
    if not (args.folder / args.page).is_file():
        parser.error(f"{args.folder / args.page} is not there: build it first")
    picture = args.picture.resolve()
    picture.parent.mkdir(parents=True, exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=args.folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{args.page}"
        take(address + (f"#{args.fragment}" if args.fragment else ""), picture, args.size, args.dark)
        server.shutdown()
    print(f"{args.picture}: {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
