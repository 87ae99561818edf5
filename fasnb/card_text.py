"""The words of a card: what weights are for, what they are not fit for, and the page a reader sees."""

from typing import Any

INTENDED = (
    "To look at what the method of the paper does with a picture, to compare methods, to teach. p(live) is "
    "the probability of live that these networks give; it is no proof of anything."
)


def limits(source: str, train: str, profile: str) -> list[str]:
    """What a user of weights must know, plainly; `source` is the kind of data they learnt from."""
    known = []
    if source != "real":
        known.append(
            f"Trained on {source} faces: heads and cameras made by a computer. Not fit for any real door, "
            "phone or account; a real face may well be called an attack, and a real attack live."
        )
    known += [
        f"Knows the attacks of {train} alone: prints and screens of its time. No masks, no make-up, no "
        "injected video.",
        "Off its own database it errs more often, as a rule: see the rows marked across. Your camera is "
        "off the database.",
        "The threshold is that of the training database; at another camera it promises nothing.",
        "One number per picture says nothing about who is shown. Errors may differ between groups of people: "
        "`fasnb difficulty` measures that on simulated groups only.",
    ]
    if profile != "paper":
        known.append(f"Profile {profile}: smaller networks or fewer steps than the paper's.")
    return known


def _rate(values: list[float | None] | None, digits: int = 1) -> str:
    """ "12.3 (8.0 to 17.1)"; "-" for what could not be counted."""
    if not values or values[0] is None:
        return "-"
    point, low, high = values
    if low is None or high is None:
        return f"{point:.{digits}f}"
    return f"{point:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def markdown(facts: dict[str, Any]) -> str:
    """card.md from card.json's content; what is not in there is not on the page."""
    at, data = facts["threshold"], facts["data"]
    lines = [f"# {facts['title']}", ""]
    lines += ["## Not for what", ""]
    lines += [f"**{facts['limits'][0]}**", "", *(f"- {line}" for line in facts["limits"][1:])]
    lines += ["", "## For what", "", facts["intended_use"], "", "## The networks", ""]
    lines += [
        "| branch | network | parameters | share of p(live) | file | run |",
        "|---|---|---|---|---|---|",
    ]
    for one in facts["branches"]:
        count = "-" if one["parameters"] is None else f"{one['parameters']:,}"
        file = f"{one['file']} ({one['dtype']}, {one['bytes'] / 1000:.0f} kB)"
        run = f"{one['experiment']}, key {one['key'][:8]}"
        lines.append(f"| {one['branch']} | {one['network']} | {count} | {one['weight']:g} | {file} | {run} |")
    lines += ["", "## Where they come from", ""]
    lines += [f"- Data: {data['source']}, digest {data['digest'][:16]}; trained on {facts['train']}."]
    lines += [f"- Profile {facts['profile']}, seed {facts['seed']}."]
    for one in facts["branches"]:
        lines.append(
            f"- {one['experiment']}: on {one['device']}, torch {one['torch']}, ended {one['finished']}."
        )
    faces = facts["faces"]
    cut = f"a square {1 + 2 * faces['margin']:g} times the box, {faces['size']} pixels"
    lines.append(f"- Faces: {faces['detector']}, {cut}.")
    lines += ["", "## Threshold", ""]
    lines.append(f"{at['value']:.4f}: {at['rule']} on {at['where']}. Live where p(live) is at least that.")
    lines += ["", "## How well they do", ""]
    lines += ["At that threshold, per video, in percent, with 95 % intervals over subjects.", ""]
    lines += [
        "| tested on | videos | people | HTER | FAR | FRR | EER | AUC |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in facts["metrics"]:
        where = f"{row['test']} ({'within' if row['within'] else 'across'})"
        rates = " | ".join(_rate(row.get(name)) for name in ("hter", "far", "frr", "eer"))
        lines.append(f"| {where} | {row['videos']} | {row['subjects']} | {rates} | {_rate(row['auc'], 2)} |")
    lines += ["", "APCER by type of attack, and videos in which no face was found:", ""]
    for row in facts["metrics"]:
        kinds = ", ".join(f"{kind} {rate:.1f}" for kind, rate in row["apcer_by_type"].items()) or "no attacks"
        lines.append(f"- {row['test']}: {kinds}; {row['without_face']} without a face")
    lines += ["", "## How to make them again", "", "```", *facts["reproduce"], "```", ""]
    return "\n".join(lines)
