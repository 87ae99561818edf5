"""The commands for one's own pictures: `fasnb score` and `fasnb card`, their options and what they print."""

import argparse
import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path

from fasnb.errors import FasnbError

Command = Callable[..., argparse.ArgumentParser]


def score(args: argparse.Namespace) -> None:
    """Score pictures, videos, folders or a camera (by its index): a CSV row for each, with a reason where
    there is no score. A score is the probability of live.
    """
    from dataclasses import asdict

    from fasnb import annotate, weights
    from fasnb.scoring import COLUMNS, Scorer

    card = weights.choose(args.weights, args.method)
    scorer = Scorer(card, args.threshold)
    if args.annotate:
        annotate.check(args.annotate, args.paths)
        scorer.draw = annotate.Drawer(args.annotate, scorer.threshold)
    print(f"weights: {card.folder}: {card.title}; threshold {scorer.threshold}", file=sys.stderr, flush=True)
    out, scored, kept = csv.writer(sys.stdout, lineterminator="\n"), 0, []
    if not args.json:
        out.writerow(COLUMNS)
    for row in scorer.rows(args.paths, args.frames):
        scored += row.p_live is not None
        if args.json:
            kept.append(asdict(row) | {"threshold_from": str(scorer.threshold)})
        else:
            out.writerow(row.texts())
            sys.stdout.flush()
    if args.json:
        print(json.dumps(kept, indent=1))
    if not scored:
        raise FasnbError("nothing could be scored; the rows say why")


def card(args: argparse.Namespace) -> None:
    """Make a weights folder of trained networks: the weights, card.md and card.json, which `score` reads."""
    from fasnb import cards, paths
    from fasnb.profiles import get
    from fasnb.runs import Store

    profile = get(args.profile)
    store = Store(args.store or paths.store(profile.name), profile)
    out = args.out or paths.WEIGHTS / f"{profile.name}-{args.method}-{args.train}-seed{args.seed}"
    made = cards.make(store, args.method, args.train, args.seed)
    print(cards.write(made, out))


def add(command: Command, count: Callable[[str], int], folder: Callable[[str], Path]) -> None:
    """Add both commands; `count` and `folder` read a number >= 1 and an absolute path."""
    one = command(score, "score your own pictures, videos or camera")
    one.add_argument(
        "paths", nargs="+", metavar="PATH", help="picture, video, folder, or a camera's index: 0"
    )
    one.add_argument("--weights", type=folder, metavar="DIR", help="folder of weights (default: weights/)")
    one.add_argument("--method", help="of several weights, those of this method, e.g. mpl_uda, color_lbp")
    one.add_argument("--threshold", type=float, help="in place of the card's, which the training data set")
    one.add_argument("--frames", type=count, default=16, help="of a video or camera (default: 16)")
    one.add_argument("--json", action="store_true")
    one.add_argument("--annotate", type=folder, metavar="DIR", help="draw box, score and decision there")

    one = command(card, "make a weights folder, with its card, of trained networks")
    one.add_argument("--profile", default="smoke", help="smoke, lite, brief or paper (default: smoke)")
    one.add_argument("--train", default="casia", help="casia, replay or msu (default: casia)")
    one.add_argument("--method", default="mpl_uda", help="pl, mpl_uda, color_lbp, ... (default: mpl_uda)")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--store", type=folder, help="folder of results (default: the profile's)")
    one.add_argument("--out", type=folder, metavar="DIR", help="default: a folder of its own in weights/")
