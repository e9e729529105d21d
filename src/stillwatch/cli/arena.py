# SPDX-License-Identifier: Apache-2.0
"""``stillwatch arena``: compose labelled logs, and judge detection on them."""

import shlex
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stillwatch.arena.grading.comparison import compare
from stillwatch.arena.grading.grade import SCHEMA, Grade, Plan, Sweep, graded, planned, pooled
from stillwatch.arena.grading.hunting import hunted
from stillwatch.arena.grading.labelled_log import read_log
from stillwatch.arena.grading.point import Grader, Point, code_digest
from stillwatch.arena.grading.report.page import page
from stillwatch.arena.grading.scoring import score
from stillwatch.arena.grading.verdicts import read_verdicts
from stillwatch.arena.grading.words import recall_of, remarks
from stillwatch.arena.prompts.corpora import CorporaLibrary
from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.prompts.interface import Library
from stillwatch.arena.worlds.arrivals import ModelledArrivals
from stillwatch.arena.worlds.catalog import default_world
from stillwatch.arena.worlds.compose import compose
from stillwatch.arena.worlds.description import read_world
from stillwatch.arena.worlds.interface import Arrivals
from stillwatch.arena.worlds.measured_arrivals import MeasuredArrivals
from stillwatch.arena.worlds.writing import write_log
from stillwatch.cli.options import DEFAULT_CONFIG, ConfigOption, JsonOption, print_json
from stillwatch.cli.replaying import detection_settings
from stillwatch.cli.tables import print_details
from stillwatch.detection.settings import DetectionSettings
from stillwatch.errors import BadInput

app = typer.Typer(help="Compose labelled logs, and judge detection on them.", no_args_is_help=True)

WorldOption = Annotated[
    Path | None, typer.Option("--world", help="A world in TOML or JSON instead of the default one.", show_default=False)
]
PromptsOption = Annotated[
    Path | None,
    typer.Option(
        "--prompts", help="Folder of real corpora (A/, B/, C/) instead of generated text.", show_default=False
    ),
]
ArrivalsOption = Annotated[
    Path | None,
    typer.Option(
        "--arrivals", help="Folder of measured traces; by default that of --prompts if it has D/.", show_default=False
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The first seed; the same seed gives the same logs.")]


@app.command("compose")
def compose_(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the log and its truth.", show_default=False)],
    *,
    world: WorldOption = None,
    prompts: PromptsOption = None,
    arrivals: ArrivalsOption = None,
    scale: Annotated[float, typer.Option("--scale", min=0.05, max=1_000, help="Times the default population.")] = 1.0,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """Compose a labelled access log: log.parquet, truth.json, harvest.parquet, and the world it came from.

    Example: stillwatch arena compose /tmp/log --seed 7

    Example: stillwatch arena compose /tmp/large --scale 25
    """
    described = read_world(world) if world else default_world(scale)
    composed = compose(described, seed=seed, library=_library(prompts), arrivals=_arrivals(prompts, arrivals))
    exchanges = write_log(composed, out)
    told: dict[str, str | int] = {
        "folder": str(out),
        "exchanges": exchanges,
        "accounts": len(composed.callers),
        "campaigns": len(composed.campaigns),
        "harvest": int(composed.rows.harvest.sum()),
    }
    if json:
        print_json(told)
    else:
        print_details([(name, f"{value:,}" if isinstance(value, int) else value) for name, value in told.items()])


@app.command()
def grade(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the report and finished points.")] = Path(
        "grade"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="A small set that ends in about two minutes.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FACTOR", help="Only this sweep; may be repeated.", show_default=False),
    ] = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="Score this composed folder and nothing else.", show_default=False)
    ] = None,
    findings: Annotated[
        Path | None,
        typer.Option("--findings", help="With --log: score these findings, do not hunt.", show_default=False),
    ] = None,
    world: WorldOption = None,
    prompts: PromptsOption = None,
    arrivals: ArrivalsOption = None,
    seed: SeedOption = 1,
    seeds: Annotated[
        int | None,
        typer.Option("--seeds", min=1, max=100, help="How many seeds; 3, and 1 with --quick.", show_default=False),
    ] = None,
    cadence: Annotated[str, typer.Option("--cadence", help="Time between detection's passes, such as 1h.")] = "6h",
    most_false: Annotated[
        int, typer.Option("--most-false", min=0, help="False accounts a run that the limited baselines may have.")
    ] = 3,
    min_recall: Annotated[
        float | None,
        typer.Option("--min-recall", min=0, max=1, help="Exit 1 if less is contained.", show_default=False),
    ] = None,
    max_false: Annotated[
        int | None, typer.Option("--max-false", min=0, help="Exit 1 if more benign are contained.", show_default=False)
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    json: JsonOption = False,
) -> None:
    """Judge detection: compose logs, hunt in them, score, run other methods on them, and write a report.

    Writes report.html and report.json. A run that is broken off goes on where it stopped; what was graded with other
    code, settings or prompts is graded again.

    Example: stillwatch arena grade --quick

    Example: stillwatch arena grade --only dilution --only shards --seeds 5 --out /tmp/grade

    Example: stillwatch arena grade --log /tmp/log --cadence 1h

    Example: stillwatch arena grade --prompts ../corpora --min-recall 0.9 --max-false 0
    """
    if findings and not log:
        raise BadInput("--findings needs --log.", hint="Findings are scored against the truth of a composed folder.")
    if log and (quick or only or world or prompts or arrivals):
        raise BadInput("--log scores one folder as it is.", hint="Leave out --quick, --only, --world and the prompts.")
    if only and (min_recall is not None or max_false is not None):
        raise BadInput(
            "--min-recall and --max-false judge the headline.", hint="Leave out --only, which leaves it out."
        )
    settings = detection_settings(config, cadence)
    points: tuple[Point, ...]
    sweeps: tuple[Sweep, ...] = ()
    plan, said, timed = None, "those of the log", "those of the log"
    if log:
        points = (_scored(log, findings, settings, most_false),)
    else:
        plan = planned(quick=quick, only=only or (), world=read_world(world) if world else None, seed=seed, seeds=seeds)
        grader = Grader(
            kept=out / "points",
            library=_library(prompts),
            sources=_sources(prompts, arrivals),
            arrivals=_arrivals(prompts, arrivals),
            settings=settings,
            most_false=most_false,
        )
        said, timed = "generated" if prompts is None else "real corpora", grader.arrivals.name
        points, sweeps = _shown(plan, grader)
    done = Grade(
        schema=SCHEMA,
        command=shlex.join(["stillwatch", *sys.argv[1:]]),
        made_on=datetime.now(UTC).date().isoformat(),
        versions={"stillwatch": version("stillwatch"), "Python": sys.version.split()[0], "numpy": version("numpy")},
        code=code_digest(),
        cadence_seconds=settings.cadence_seconds,
        most_false=most_false,
        prompts=said,
        arrivals=timed,
        world=plan.world if plan else None,
        reference=plan.reference if plan and sweeps else None,
        headline=points,
        sweeps=sweeps,
    )
    _write(done, out)
    if json:
        print_json(done)
    else:
        _tell(done, out)
    if _falls_short(done, min_recall, max_false):
        raise typer.Exit(1)


def _library(prompts: Path | None) -> Library:
    """What callers say."""
    return GeneratedLibrary() if prompts is None else CorporaLibrary(prompts)


def _sources(*folders: Path | None) -> str:
    """The names and sizes of the files in the folders: other files are another question."""
    found = [
        (str(path), path.stat().st_size) for folder in folders if folder for path in sorted(folder.rglob("*.jsonl*"))
    ]
    return repr(found)


def _arrivals(prompts: Path | None, arrivals: Path | None) -> Arrivals:
    if arrivals is None and prompts is not None and (prompts / "D").is_dir():
        arrivals = prompts
    return MeasuredArrivals(arrivals) if arrivals else ModelledArrivals()


def _scored(folder: Path, findings: Path | None, settings: DetectionSettings, most_false: int) -> Point:
    """One folder that somebody composed."""
    log = read_log(folder)
    verdicts, cost = (read_verdicts(findings), None) if findings else hunted(log.path, settings=settings)
    return Point(
        world=folder.name, seed=0, score=score(log, verdicts), cost=cost, baselines=compare(log, most_false=most_false)
    )


def _shown(plan: Plan, grader: Grader) -> tuple[tuple[Point, ...], tuple[Sweep, ...]]:
    """Grade with a bar on standard error, which names the point at work."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, begun = bar.add_task("", total=plan.points), count()
        return graded(plan, grader, progress=lambda told: bar.update(task, completed=next(begun), description=told))


def _write(done: Grade, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(done), indent=1) + b"\n")
        (out / "report.html").write_text(page(done), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"The report cannot be written to {out}: {error.strerror}.") from None


def _tell(done: Grade, out: Path) -> None:
    """The headline, what is missed, and where the rest is."""
    details: list[tuple[str, str]] = []
    if done.headline:
        scores = [point.score for point in done.headline]
        recall, false = recall_of(done.headline), pooled([one.false_contained for one in scores])
        leak = sum(one.leak * one.harvest for one in scores) / max(1, sum(one.harvest for one in scores))
        if recall.of:
            details += [
                ("contained", f"{recall.value:.1%} of attackers' accounts ({recall.count} of {recall.of})"),
                ("leak", f"{leak:.1%} of the harvest"),
            ]
        details += [
            ("false", f"{false.count} of {false.of:,} benign accounts contained, at most {false.at_most:.2%}"),
        ]
    details += [(one.head.lower(), one.words) for one in remarks(done)]
    print_details([*details, ("report", str(out / "report.html"))])


def _falls_short(done: Grade, min_recall: float | None, max_false: int | None) -> bool:
    """Whether the headline misses what was asked of it."""
    recall = recall_of(done.headline).value
    false = sum(point.score.false_contained.count for point in done.headline)
    return (min_recall is not None and recall < min_recall) or (max_false is not None and false > max_false)
