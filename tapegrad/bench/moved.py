"""What moved from one run to another, beyond the spread of each."""

from __future__ import annotations

from .measure import OURS, Figure, Spread
from .results import Results, quantity


def compare(before: Results, after: Results) -> str:
    """In words: the changes of environment, then each ratio whose quartiles lie apart, the largest change first.

    Ratios to peers are compared, because they hold when the machine is faster or slower as a whole; what has no peer
    is compared by its own time. One run's quartiles know nothing of what changes between processes, so a change of a
    few hundredths needs a third run.
    """
    lines = [f"{key}: {before.environment.get(key)} -> {after.environment.get(key)}"
             for key in dict.fromkeys([*before.environment, *after.environment])
             if key != "load before" and before.environment.get(key) != after.environment.get(key)]
    rows: list[tuple[float, str]] = []
    count = 0
    old, new = _figures(before), _figures(after)
    for key in [k for k in old if k in new]:
        for peer, (a, b) in _pairs(old[key], new[key]).items():
            count += 1
            if a.high < b.low or b.high < a.low:
                what = (f"{_time(old[key], a)} | {_time(new[key], b)}" if peer == OURS
                        else f"{_range(a)} | {_range(b)}")
                rows.append((b.median / a.median, f"| {' / '.join(key)} | {peer} | {what} |"))
    rows.sort(key=lambda row: row[0])
    lines += [f"{count} ratios compared; {len(rows)} moved beyond their quartiles", ""] if lines or rows else [
        f"{count} ratios compared; none moved beyond its quartiles"]
    if rows:
        lines += ["| work | over | before | after | after / before |", "|---|---|---|---|---|"]
        lines += [f"{text} {change:.2f} {'faster' if change < 1 else 'slower'} |" for change, text in rows]
    for title, names in (("only before", [k for k in old if k not in new]),
                         ("only after", [k for k in new if k not in old])):
        if names:
            lines.append(f"{title}: " + "; ".join(" / ".join(k) for k in names))
    return "\n".join(lines)


def _figures(results: Results) -> dict[tuple[str, str], Figure]:
    return {(section, f.name): f for section, figures in results.sections.items() for f in figures if not f.problem}


def _pairs(a: Figure, b: Figure) -> dict[str, tuple[Spread, Spread]]:
    shared = {peer: (a.ratios[peer], b.ratios[peer]) for peer in a.ratios if peer in b.ratios}
    return shared or {OURS: (a.sides[OURS], b.sides[OURS])}


def _range(s: Spread) -> str:
    return f"{s.median:.2f} ({s.low:.2f}-{s.high:.2f})"


def _time(figure: Figure, s: Spread) -> str:
    return quantity(s.median, figure.unit)
