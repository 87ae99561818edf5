"""The command line, `fasnb` = `python -m fasnb`: exit code 0 ok, 1 failed, 2 bad usage; one line an error."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fasnb import __version__, clean, own_commands, paths
from fasnb.errors import FasnbError


def simulate(args: argparse.Namespace) -> None:
    """Write simulated databases."""
    from fasnb.layouts import DATABASES, database_name
    from fasnb.simfas import simulate

    names = [database_name(name) for name in args.databases] if args.databases else DATABASES

    def progress(done: int, total: int, path: str) -> None:
        if done % 20 == 0 or done == total:
            print(f"simulated {done}/{total} clips", file=sys.stderr, flush=True)

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if args.faces:
        say("faces: the consent of everyone shown, to this use, is yours to have")
    counts = simulate(
        args.out, args.scale, args.seed, names, args.workers, progress, args.poses, args.faces, say
    )
    if args.json:
        print(json.dumps(counts))
    else:
        for name, count in counts.items():
            print(f"{args.out / name}: {count} clips")


def databases(args: argparse.Namespace) -> None:
    """Count what a data root holds beside the official numbers."""
    from fasnb.databases import databases_report

    root = args.root or paths.data_root(args.scale)
    rows = databases_report(root)
    if args.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return
    print(f"{root}\n{'database':14} {'source':10} {'protocol':13} {'split':6} {'class':7} found official")
    for row in rows:
        mark = "" if row.found == row.official else "  *"
        print(
            f"{row.database:14} {row.source:10} {row.protocol:13} {row.split:6} {row.kind:7}"
            f" {row.found:5} {row.official:8}{mark}"
        )
    if any(row.found != row.official for row in rows):
        print("* not the official number")


def run(args: argparse.Namespace) -> None:
    """Run what the store lacks."""
    from fasnb import cards, grid, reproduce
    from fasnb.profiles import get
    from fasnb.running import run_missing
    from fasnb.runs import Store

    profile = get(args.profile)
    wanted = grid.grid_of(profile, args.only or profile.tables, args.seeds)
    if args.list:
        print("\n".join(experiment.name for experiment in wanted))
        print(f"{len(wanted)} distinct runs", file=sys.stderr)
        return
    _check(args.scheduler)
    corpus, source = reproduce.opened(profile, args.workers, args.data)
    store = Store(args.store or paths.store(profile.name), profile, source)
    results = run_missing(
        wanted, reproduce.TRAIN, store, corpus, args.workers, reproduce.say, scheduler=args.scheduler
    )
    cards.beside(store, results)
    print(f"{len(results)} runs are in {store.folder}")


def table(args: argparse.Namespace) -> None:
    """Print a table from the store; t14 is measured here and now."""
    from fasnb import rendering, tables
    from fasnb.profiles import get
    from fasnb.runs import Store

    profile = get(args.profile)
    if args.name == "t14":
        from fasnb import table14

        print(table14.render(table14.build(), args.format))
        return
    store = Store(args.store or paths.store(profile.name), profile)
    print(rendering.render(tables.build(args.name, store), args.format))


def reproduce(args: argparse.Namespace) -> None:
    """Do everything that is missing, up to the index page."""
    from fasnb.profiles import get
    from fasnb.reproduce import reproduce

    _check(args.scheduler)
    if args.allow_real_faces:
        os.environ["FASNB_REAL_FACES"] = "1"  # the notebooks' kernels inherit it
    print(reproduce(get(args.profile), args.workers, args.store, args.only, scheduler=args.scheduler))


def figures(args: argparse.Namespace) -> None:
    """Copy to be committed: a profile's figures, the networks they look into, the README's headline table."""
    from fasnb import headline, publish
    from fasnb.profiles import get
    from fasnb.reproduce import opened
    from fasnb.runs import Store

    profile = get(args.profile)
    _, source = opened(profile)
    copied = publish.publish(profile.name, source.kind, source.digest)
    print(f"{len(copied)} files are in {paths.ROOT / 'figures'}")
    folder = paths.store(profile.name)
    if not folder.is_relative_to(paths.BUILD):  # a store that is committed
        kept = publish.networks(Store(folder, profile, source))
        print(f"{len(kept)} networks are in {folder / 'networks'}")
    if headline.update():
        print(f"{headline.README} shows Table 8 of profile {headline.PROFILE}")


def bench(args: argparse.Namespace) -> None:
    """Measure speed and memory beside plain ways of doing the same."""
    from fasnb import bench
    from fasnb.bench import row

    rows = bench.run(args.name, args.quick, lambda text: print(text, file=sys.stderr, flush=True))
    print(row.as_json(rows, row.provenance()) if args.json else row.table(rows))


def difficulty(args: argparse.Namespace) -> None:
    """Measure how hard the databases are: leaks, Color-LBP within and across, groups of people."""
    from fasnb import reproduce
    from fasnb.difficulty import goals, report
    from fasnb.profiles import get

    profile, only = get(args.profile), report.chosen(args.only)
    corpus, source = reproduce.opened(profile, args.workers, args.data)
    one = report.Report(args.out or report.folder_of(profile.name), corpus, source)
    tables = report.run(one, only, args.workers, args.again, reproduce.say)
    if args.json:
        print(report.as_json(tables, one.folder))
    else:
        print(report.as_text(tables, goals.check(tables)), f"\nin {one.folder}")


def _check(scheduler: str | None) -> None:
    """Say at once, not after the data are made, that a scheduler does not answer."""
    if scheduler:
        from fasnb import cluster

        cluster.connect(scheduler).close()


def _list(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _folder(text: str) -> Path:
    """Absolute, since a worker of a cluster has another current folder."""
    return Path(text).absolute()


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, exit code 2."""
        print(f"{self.prog}: {message}; see {self.prog} --help", file=sys.stderr)
        sys.exit(2)


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = _Parser(prog="fasnb", description="Face anti-spoofing with meta pseudo labels, reproducible.")
    top.add_argument("--version", action="version", version=f"fasnb {__version__}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)

    def command(function, help: str) -> argparse.ArgumentParser:
        one = commands.add_parser(function.__name__, help=help, description=function.__doc__)
        one.set_defaults(function=function)
        return one

    one = command(reproduce, "simulate, train, evaluate and run every notebook; only what is missing")
    _common(one)
    one.add_argument("--only", type=_list, default=[], help="notebooks by number, e.g. 00,03 (default: all)")
    one.add_argument(
        "--allow-real-faces", action="store_true", help="pictures in build/ may show licensed faces"
    )

    one = command(run, "run the experiments that the store lacks")
    _common(one)
    one.add_argument("--only", type=_list, default=[], help="tables, e.g. t7,t8 (default: all available)")
    one.add_argument("--seeds", type=_count, help="seeds per arm (default: the profile's)")
    one.add_argument(
        "--data", type=_folder, help="folder of the three databases (default: FASNB_DATA, or simulated)"
    )
    one.add_argument("--list", action="store_true", help="print the experiments, run nothing")

    one = command(table, "print a table beside the paper's numbers")
    one.add_argument("name", help="t5 ... t14 (the last is measured here and now, whatever the profile)")
    _common(one, workers=False)
    one.add_argument("--format", default="md", choices=("md", "csv", "latex", "html"))

    one = command(figures, "copy a profile's figures to figures/, to be committed")
    one.add_argument("--profile", default="smoke", help="smoke, lite, brief or paper (default: smoke)")

    own_commands.add(command, _count, _folder)
    clean.add(command)

    one = command(simulate, "write simulated databases in the official layouts")
    one.add_argument(
        "--out", type=Path, required=True, help="the folder that gets casia-fasd/ and the others"
    )
    one.add_argument("--scale", required=True, choices=("smoke", "lite", "full"))
    one.add_argument("--seed", type=int, default=0)
    one.add_argument(
        "--databases", type=_list, default=[], help="e.g. casia,msu (default: all three); wide: many devices"
    )
    one.add_argument("--workers", type=_count, default=None, help="processes (default: one per core)")
    one.add_argument("--poses", type=Path, help="keep rendered people here, for the next simulation of them")
    one.add_argument(
        "--faces",
        type=Path,
        metavar="DIR",
        help="your own live photographs play the subjects, a picture or a sub-folder per person; the consent "
        "of those shown is yours to have",
    )
    one.add_argument("--json", action="store_true")

    one = command(databases, "count what is on disk beside the official numbers")
    one.add_argument("--root", type=Path, help="folder of the databases (default: FASNB_DATA, or simulated)")
    one.add_argument("--scale", default="smoke", help="which simulated databases, without --root")
    one.add_argument("--json", action="store_true")

    one = command(bench, "measure speed and memory beside plain ways of doing the same")
    one.add_argument("name", nargs="?", help="mpl-step, augmentation, plgf, faces, ... (default: all)")
    one.add_argument("--json", action="store_true")
    one.add_argument("--quick", action="store_true", help="tiny sizes: shows that it works, measures nothing")

    one = command(difficulty, "measure how hard the databases are; only what is missing")
    one.add_argument("--profile", default="smoke", help="smoke, lite, brief or paper (default: smoke)")
    one.add_argument(
        "--data", type=_folder, help="folder of the three databases (default: FASNB_DATA, or simulated)"
    )
    one.add_argument("--out", type=_folder, help="folder of the tables (default: the profile's)")
    one.add_argument(
        "--only",
        type=_list,
        default=[],
        help="leaks, texture, groups (default: these, minutes), stages, clear, network (half an hour each)",
    )
    one.add_argument("--workers", type=_count, default=1, help="processes at a time (default: 1)")
    one.add_argument("--again", action="store_true", help="compute what is kept, too")
    one.add_argument("--json", action="store_true")
    return top


def _common(one: argparse.ArgumentParser, workers: bool = True) -> None:
    one.add_argument("--profile", default="smoke", help="smoke, lite, brief or paper (default: smoke)")
    one.add_argument("--store", type=_folder, help="folder of results (default: the profile's)")
    if workers:
        one.add_argument("--workers", type=_count, default=1, help="processes at a time (default: 1)")
        one.add_argument("--scheduler", metavar="ADDRESS", help="send the runs to this Dask cluster instead")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code."""
    args = parser().parse_args(arguments)
    try:
        args.function(args)
    except FasnbError as error:
        print(f"fasnb: {' '.join(str(error).split())}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("fasnb: interrupted; what is done is kept, run the same command to go on", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(
            f"fasnb: {where}{error.strerror or error}; free space or mend permissions, then run again",
            file=sys.stderr,
        )
        return FasnbError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
