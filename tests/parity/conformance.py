"""Runs PyTorch's own operator database on PyTorch and on this library, and compares.

    python tests/parity/conformance.py [--only REGEX] [-v] [--json FILE] [--record]

For each entry of ``op_db`` and each of its samples: the values, shapes and dtypes of the result (float64, float32,
int64, bool, complex128), the gradient and the second derivative for random cotangents, the in-place form, the method,
and the inputs that must raise. An operator *passes entirely* when all of these but ``complex`` and ``errors`` hold on
all samples.
"""

from __future__ import annotations

import argparse
import collections
import json
import re
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [p for p in (str(ROOT), str(ROOT / "tests")) if p not in sys.path]

import torch  # noqa: E402
from parity.operators import CATEGORIES, Operator, Result, TimeUp  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

#: What the last recorded run gave; `test_conformance` fails below it.
SCORE = Path(__file__).with_name("score.json")


def run_each(checks: Iterable[Any], tell: Callable[[Result], None] | None = None) -> list[Result]:
    """What each check's ``run()`` gives, in one thread, without warnings, and with an alarm for those that hang."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")

    def time_up(*_: Any) -> None:
        raise TimeUp

    signal.signal(signal.SIGALRM, time_up)
    results = []
    for check in checks:
        results.append(check.run())
        if tell is not None:
            tell(results[-1])
    return results


def run(only: str = "", tell: Callable[[Result], None] | None = None) -> list[Result]:
    """Results of the entries whose name (with its variant in ``[]``, or without) matches the expression ``only``."""
    operators = ((info.name, Operator(info)) for info in op_db)
    return run_each((operator for name, operator in operators
                     if not only or re.fullmatch(only, name) or re.fullmatch(only, operator.name)), tell)


def scores(results: list[Result], what: str = "operators",
           categories: tuple[str, ...] = CATEGORIES) -> dict[str, int]:
    """How many operators pass in each category, how many are tried, and how many pass entirely."""
    count: dict[str, int] = collections.Counter()
    run_at_all = [r for r in results if not r.excluded]
    count[what], count["excluded"] = len(run_at_all), len(results) - len(run_at_all)
    count["entirely"] = sum(r.entirely for r in run_at_all)
    count["missing"] = sum(bool(r.missing) for r in run_at_all)
    for c in categories:
        tried = [r.outcomes[c] for r in run_at_all if c in r.outcomes]
        count[c], count[f"{c}_tried"] = sum(o.passed == o.tried for o in tried), len(tried)
    return dict(count)


def table(results: list[Result], what: str = "operators", categories: tuple[str, ...] = CATEGORIES) -> str:
    s = scores(results, what, categories)
    lines = [f"{'category':<12}{'pass':>8}{'tried':>8}"]
    lines += [f"{c:<12}{s[c]:>8}{s[f'{c}_tried']:>8}" for c in categories]
    lines.append(f"entirely: {s['entirely']} of {s[what]} {what} ({s['missing']} missing, "
                 f"{s['excluded']} excluded), {sum(r.seconds for r in results):.0f} s")
    return "\n".join(lines)


def details(r: Result, verbose: bool = True) -> Iterator[str]:
    if r.excluded:
        yield f"  --  {r.name}: excluded: {r.excluded}"
    elif r.missing:
        yield f"MISS  {r.name}: {r.missing}"
    else:
        passing = " ".join(f"{c}:{o.passed}/{o.tried}" for c, o in r.outcomes.items())
        yield f"{'pass' if r.entirely else 'FAIL'}  {r.name}  {passing}  {r.seconds:.1f} s"
        failures: dict[str, list[str]] = {}
        texts: dict[str, str] = {}
        for c, o in r.outcomes.items():
            if o.passed != o.tried and (verbose or c in r.decisive):
                key = o.failure.split("\n")[0].replace("float32", "float64")
                failures.setdefault(key, []).append(c)
                texts.setdefault(key, o.failure)
        yield from (f"      {', '.join(categories)}: {texts[key]}" for key, categories in failures.items())


def main(run: Callable[..., list[Result]] = run, description: str | None = __doc__, what: str = "operators",
         categories: tuple[str, ...] = CATEGORIES, score: Path = SCORE) -> int:
    """Run, print and write; with other arguments than the operators', for another database."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="regular expression of whole names, such as 'nn.functional.conv.*'")
    parser.add_argument("-v", action="store_true", help="also what passes, exclusions, and categories that do not decide")
    parser.add_argument("--json", type=Path, help="write scores and failures here")
    parser.add_argument("--record", action="store_true", help=f"keep the scores in {score.name}, which the test holds")
    options = parser.parse_args()

    def tell(r: Result) -> None:
        if options.v or options.only or not (r.entirely or r.excluded):
            print("\n".join(details(r, options.v or bool(options.only))), flush=True)

    results = run(options.only, tell)
    print(table(results, what, categories))
    if options.json:
        options.json.write_text(json.dumps({
            "scores": scores(results, what, categories),
            "results": {r.name: {"excluded": r.excluded, "missing": r.missing, "entirely": r.entirely,
                                 "outcomes": {c: vars(o) for c, o in r.outcomes.items()}} for r in results}}, indent=1))
    if options.record and not options.only:
        kept = {"scores": scores(results, what, categories), "entirely": sorted(r.name for r in results if r.entirely)}
        score.write_text(json.dumps(kept, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
