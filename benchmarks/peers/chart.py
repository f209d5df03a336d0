"""Draw the results of compare.py as one SVG: a bar for each library, on an axis that starts at 0.

python benchmarks/peers/chart.py results.json docs/peers.svg

The solid bar is text not seen before, the pale one behind it the same text again. Libraries whose ids differ say so.
The picture brings its own background and follows the reader's light or dark scheme.
"""

from __future__ import annotations

import json
import math
import sys
import textwrap
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

WIDTH, NAMES, NUMBERS = 820, 130, 120
TOP, ROW, BAR = 84, 30, 18
LINE = 16
STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .own { font-weight: 700 }
  .note, .tick, .again { fill: #59636e }
  .note, .tick { font-size: 12px }
  .card { fill: #ffffff; stroke: #d1d9e0 }
  .grid { stroke: #d1d9e0 }
  .zero { stroke: #59636e }
  .bar { fill: #6e7781 }
  .bar.own { fill: #0969da }
  .pale { opacity: 0.3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note, .tick, .again { fill: #9198a1 }
    .card { fill: #0d1117; stroke: #3d444d }
    .grid { stroke: #3d444d }
    .zero { stroke: #9198a1 }
    .bar { fill: #9198a1 }
    .bar.own { fill: #4493f8 }
  }
"""


def step_of(largest: float) -> float:
    """A round distance of the axis' ticks: at most six of them reach past the largest value.

    >>> step_of(0.7), step_of(99), step_of(301)
    (0.2, 20, 100)
    """
    for power in range(-6, 12):
        for digit in (1, 2, 5):
            if 6 * digit * 10.0**power >= largest:
                return float(f"{digit}e{power}") if power < 0 else digit * 10**power
    raise ValueError(f"{largest} MB/s are not to be drawn")


def text(x: float, y: float, kind: str, content: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def bar(y: float, width: float, kind: str) -> str:
    return f'<rect class="bar{kind}" x="{NAMES}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'


def amount(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def axis(step: float, n_ticks: int, bottom: float, scale: float) -> list[str]:
    """Grid lines with their numbers, the first at 0."""
    shapes = []
    for k in range(n_ticks + 1):
        x = NAMES + k * step * scale
        kind = "grid" if k else "zero"
        shapes.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom:.1f}"/>')
        shapes.append(text(x, TOP - 12, "tick", f"{k * step:g}", "middle"))
    return shapes


def row(y: float, name: str, result: dict[str, Any], scale: float) -> list[str]:
    """One library: its bars, and their lengths as numbers."""
    fresh, warm = result["median"]["flat.fresh"], result["median"]["flat.warm"]
    own = " own" if name == "shimmytok" else ""
    baseline = y + BAR - 4
    end = NAMES + max(fresh, warm) * scale + 8
    return [
        text(NAMES - 10, baseline, f"name{own}", name + (" *" if result["differ"] else ""), "end"),
        bar(y, warm * scale, f"{own} pale"),
        bar(y, fresh * scale, own),
        f'<text class="name{own}" x="{end:.1f}" y="{baseline}">{amount(fresh)}'
        f'<tspan class="again" font-weight="400">, again {amount(warm)}</tspan></text>',
    ]


def notes(report: dict[str, Any]) -> list[str]:
    """What was measured and where, and whose ids differ."""
    facts = [
        f"Vocabulary {report['vocabulary']}; text {report['text']} ({report['bytes'] / 1e6:.3g} MB) in documents of",
        "1 to 4 KB, the second half after the first; ids to one numpy array; one thread;",
        f"rounds: {report['rounds']}, of which the medians. {report['machine']}; Python {report['python']}.",
    ]
    differing = [
        f"* {name}: other ids than llama.cpp in {result['differ']} of {result['texts']} texts."
        for name, result in report["libraries"].items()
        if result["differ"]
    ]
    return [line for note in (" ".join(facts), *differing) for line in textwrap.wrap(note, 118)]


def picture(report: dict[str, Any]) -> str:
    """The whole SVG; raises ValueError when nothing was measured."""
    libraries = sorted(report["libraries"].items(), key=lambda item: -item[1]["median"]["flat.fresh"])
    if not libraries:
        raise ValueError("no library was measured")
    largest = max(max(result["median"][key] for key in ("flat.fresh", "flat.warm")) for _, result in libraries)
    step = step_of(largest)
    n_ticks = math.ceil(largest / step)
    scale = (WIDTH - NAMES - NUMBERS) / (n_ticks * step)
    bottom = TOP + ROW * len(libraries)
    footer = notes(report)
    height = bottom + 14 + LINE * len(footer) + 8
    title = "Text to token ids, MB/s"
    shapes = [text(20, 32, "title", title), text(20, 50, "note", "solid: text not seen before; pale: the same again")]
    shapes += axis(step, n_ticks, bottom, scale)
    for k, (name, result) in enumerate(libraries):
        shapes += row(TOP + ROW * k + (ROW - BAR) // 2, name, result, scale)
    shapes += [text(20, bottom + 24 + LINE * k, "note", line) for k, line in enumerate(footer)]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" width="{WIDTH}">'
    card = f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    return "\n".join([head, f"<title>{title}</title>", f"<style>{STYLE}</style>", card, *shapes, "</svg>"]) + "\n"


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: chart.py RESULTS.json PICTURE.svg")
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    try:
        drawn = picture(report)
    except ValueError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    Path(sys.argv[2]).write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
