"""Compare tokenizer libraries on one vocabulary and one text: a Markdown table, and all numbers as JSON.

python benchmarks/peers/compare.py [--gguf FILE] [--text FILE] [--rounds 3] [--out results.json]

README.md beside this file says what is measured. Libraries that are not installed are named, and so are those that
cannot take the vocabulary; neither is an error.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import defaultdict
from importlib import metadata, resources
from pathlib import Path
from statistics import median
from typing import Any

import convert
import measure
from libraries import LIBRARIES

import shimmytok

HERE = Path(__file__).resolve().parent
DEFAULT_TEXT = HERE.parent / "data" / "austen.txt"
TASKS = ("flat", "lists", "messages")
SECONDS = 900  # after which a library is given up
ONE_THREAD = dict.fromkeys(("RAYON_NUM_THREADS", "OMP_NUM_THREADS"), "1") | {"TOKENIZERS_PARALLELISM": "false"}
COLUMNS = {
    "load, ms": "load",
    "flat numpy: cold": "flat.cold",
    "fresh": "flat.fresh",
    "warm": "flat.warm",
    "lists of int: cold": "lists.cold",
    "fresh ": "lists.fresh",
    "warm ": "lists.warm",
    "100-byte message, µs: unseen": "messages.unseen",
    "seen": "messages.seen",
}
Numbers = dict[str, float]


def installed(name: str) -> str | None:
    """The version of a library, or None."""
    if name == "shimmytok":
        return shimmytok.__version__
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def run(job: dict[str, Any]) -> dict[str, Any]:
    """What a process of its own answers to a job."""
    try:
        done = subprocess.run(
            [sys.executable, str(HERE / "measure.py")],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            env=os.environ | ONE_THREAD | {"PYTHONUTF8": "1"},
        )
    except subprocess.TimeoutExpired:
        return {"refused": f"no answer within {SECONDS} s"}
    if done.returncode:
        last = next(reversed(done.stderr.split("\n")[:-1]), "")
        return {"refused": f"its process ended with status {done.returncode}: {last}"}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(names: list[str], job: dict[str, Any], rounds: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Check the ids of each library, then measure it `rounds` times; (results, why others were not measured)."""
    results: dict[str, Any] = {}
    without: dict[str, str] = {}
    for name in names:
        version = installed(name)
        if version is None:
            without[name] = "not installed"
            continue
        checked = run(job | {"library": name, "task": "check"})
        if "refused" in checked:
            without[name] = checked["refused"]
        else:
            results[name] = {"version": version, **checked, "rounds": defaultdict(list)}
    for k in range(rounds):
        for name in list(results)[:: -1 if k % 2 else 1]:
            for task in TASKS:
                if name in results:
                    print(f"round {k + 1} of {rounds}: {name}, {task}", file=sys.stderr)
                    keep(results, without, name, task, run(job | {"library": name, "task": task}))
    for result in results.values():
        result["median"] = {key: median(values) for key, values in result["rounds"].items()}
    return results, without


def keep(results: dict[str, Any], without: dict[str, str], name: str, task: str, answer: dict[str, Any]) -> None:
    """Add one measurement to a library's; one that fails in the middle is measured no further."""
    if "refused" in answer:
        without[name] = answer["refused"]
        del results[name]
        return
    for key, value in answer.items():
        results[name]["rounds"][key if key == "load" else f"{task}.{key}"].append(value)


def machine() -> str:
    """The processor's name, as the system tells it, and how many of them this process may use."""
    name = platform.processor() or platform.machine()
    if sys.platform == "darwin":
        name = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True
        ).stdout.strip()
    elif Path("/proc/cpuinfo").exists():
        lines = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
        name = next((value.strip() for key, _, value in lines if key.strip() == "model name"), name)
    return f"{name}, {os.cpu_count()} CPUs, {platform.system()}"


def digits(value: float) -> str:
    """Three digits of a number, the later ones as they are.

    >>> digits(0.1234), digits(12.34), digits(1234.5)
    ('0.123', '12.3', '1234')
    """
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def table(report: dict[str, Any]) -> str:
    """The medians as Markdown, the fastest library first; what was measured, and what was not."""
    libraries = report["libraries"]
    order = sorted(libraries, key=lambda name: -libraries[name]["median"]["flat.fresh"])
    lines = [
        f"{report['vocabulary']}; {report['text']}, {report['bytes'] / 1e6:.3g} MB; {report['machine']}; "
        f"Python {report['python']}; MB/s unless said; rounds: {report['rounds']}, of which the medians.",
        "",
        "| library | other ids | " + " | ".join(name.strip() for name in COLUMNS) + " |",
        "|---|---|" + "---:|" * len(COLUMNS),
    ]
    for name in order:
        result = libraries[name]
        other = f"in {result['differ']} of {result['texts']} texts" if result["differ"] else "none"
        cells = (digits(result["median"][key]) for key in COLUMNS.values())
        lines.append(f"| {name} {result['version']} | {other} | {' | '.join(cells)} |")
    lines += ["", *(f"Not measured: {name} ({why})." for name, why in sorted(report["not measured"].items()))]
    return "\n".join(lines).rstrip()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare tokenizer libraries on one vocabulary and one text.")
    parser.add_argument("--gguf", type=Path, help="a GGUF file; the gpt2 that comes with shimmytok by default")
    parser.add_argument("--text", type=Path, default=DEFAULT_TEXT, help="a UTF-8 file; its first 16 MB are used")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=",".join(LIBRARIES), help="names on PyPI, by commas; all by default")
    parser.add_argument("--machine", default=machine(), help="what to call this machine")
    parser.add_argument("--out", type=Path, help="write all numbers here, as JSON")
    given = parser.parse_args()
    unknown = [name for name in given.peers.split(",") if name not in LIBRARIES]
    if unknown:
        parser.error(f"{', '.join(unknown)}: not among {', '.join(LIBRARIES)}")
    if given.rounds < 1:
        parser.error(f"{given.rounds} rounds: there must be at least 1")
    return given


def text_to(path: Path, source: Path) -> int:
    """Put as much of a text as is measured into a file; its size."""
    data = source.read_bytes()
    try:
        data.decode()
    except UnicodeDecodeError as error:
        sys.exit(f"{source}: not UTF-8 at byte {error.start}")
    if not data:
        sys.exit(f"{source}: empty")
    data = data[: measure.MOST_BYTES].decode(errors="ignore").encode()
    path.write_bytes(data)
    return len(data)


def main() -> None:
    given = arguments()
    bundled = resources.as_file(resources.files("shimmytok") / "data" / "gpt2.gguf")
    cpu = max(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else None
    with tempfile.TemporaryDirectory() as folder, bundled as gpt2:
        size = text_to(Path(folder) / "text", given.text)
        try:
            forms = convert.convert((given.gguf or gpt2).resolve(), Path(folder))
        except shimmytok.ShimmytokError as error:
            sys.exit(str(error))
        job = {"forms": forms, "text": str(Path(folder) / "text"), "cpu": cpu}
        results, without = compare(given.peers.split(","), job, given.rounds)
    report = {
        "vocabulary": (given.gguf or gpt2).name,
        "text": given.text.name,
        "bytes": size,
        "machine": given.machine,
        "python": platform.python_version(),
        "pinned": cpu is not None,
        "rounds": given.rounds,
        "libraries": results,
        "not measured": without,
    }
    print(table(report))
    if given.out:
        given.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
