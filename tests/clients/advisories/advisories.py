"""Holds the Cargo.lock files of the tree against a copy of the RustSec advisory database.

advisories.py DATABASE KNOWN LOCK...: the first lock file is the product's, and fails by what is not in KNOWN; what the others
have is told.
"""

import re
import sys
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # before Python 3.11 there is the one that pip brings along
    from pip._vendor import tomli as tomllib

COMPARISONS = {
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    "=": lambda one, other: one == other,
}


def key(version):
    """What versions are ordered by: a pre-release comes before its release, and its numbers count as numbers."""
    release, _, before = version.split("+")[0].partition("-")
    numbers = tuple(int(part) for part in release.split("."))
    parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".") if before)
    return (numbers + (0, 0))[:3], not before, parts


def next_major(version):
    """The first version that `^version` does not take."""
    numbers = [int(part) for part in re.split(r"[-+]", version)[0].split(".")]
    place = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(str(number) for number in [*numbers[:place], numbers[place] + 1] + [0] * (2 - place))


def meets(version, requirement):
    """Whether a version meets a requirement such as `>= 1.2.3, < 1.3.0` or `^1.2`."""

    def meets_one(text):
        found = re.fullmatch(r"(\^|~|>=|<=|>|<|=)?\s*([0-9][^\s]*)", text)
        if not found:
            raise ValueError(f"{requirement} cannot be read")
        sign, bound = found[1] or "^", found[2]
        if sign == "^":
            return key(bound) <= key(version) < key(next_major(bound))
        if sign == "~":
            numbers = bound.split(".")
            end = [*numbers[:1], str(int(numbers[1]) + 1)] if len(numbers) > 1 else [str(int(numbers[0]) + 1)]
            return key(bound) <= key(version) < key(".".join(end))
        return COMPARISONS[sign](key(version), key(bound))

    return requirement.strip() == "*" or all(meets_one(part.strip()) for part in requirement.split(","))


def read(text):
    """The head of an advisory, and its title, which stands below."""
    head, below = text.split("```toml", 1)[1].split("```", 1)
    title = re.search(r"^# (.+)$", below, re.MULTILINE)
    return {**tomllib.loads(head), "title": title[1] if title else "see the database"}


def affects(advisory, version):
    about, versions = advisory["advisory"], advisory.get("versions", {})
    systems = advisory.get("affected", {}).get("os", [])
    if "withdrawn" in about or (systems and "linux" not in systems):
        return False
    safe = versions.get("patched", []) + versions.get("unaffected", [])
    return not any(meets(version, requirement) for requirement in safe)


def database(directory):
    found = {}
    for file in sorted(Path(directory).glob("crates/*/*.md")):
        advisory = read(file.read_text("utf-8"))
        found.setdefault(advisory["advisory"]["package"], []).append(advisory)
    return found


def packages(lock):
    """Names and versions of what comes from a registry."""
    return [(it["name"], it["version"]) for it in tomllib.loads(lock)["package"] if "source" in it]


def found(lock, advisories):
    """What is known of the packages of a lock file: id, package with version, kind, title."""
    for name, version in packages(lock):
        for advisory in advisories.get(name, []):
            if affects(advisory, version):
                about = advisory["advisory"]
                kind = about.get("informational", "vulnerability")
                yield about["id"], f"{name} {version}", kind, advisory["title"]


def known(text):
    """The ids of a list that says a reason for each."""
    lines = [line.split("#")[0].split(maxsplit=1) for line in text.splitlines()]
    without = [words[0] for words in lines if len(words) == 1]
    if without:
        raise ValueError(f"why does {', '.join(without)} stay?")
    return {words[0] for words in lines if words}


def main(directory, known_file, product, *others):
    advisories = database(directory)
    if sum(map(len, advisories.values())) < 100:
        print(f"{directory} is no copy of the database")
        return 1
    accepted, seen, failed = known(Path(known_file).read_text("utf-8")), set(), False
    for lock in [product, *others]:
        text = Path(lock).read_text("utf-8")
        told = list(found(text, advisories))
        print(f"{lock}: {len(packages(text))} packages, {len(told)} advisories")
        for id_, package, kind, title in told:
            stays = id_ in accepted
            fails = lock == product and kind == "vulnerability" and not stays
            print(f"  {'FAILED' if fails else 'known' if stays else 'note'}: {id_} {package} ({kind}): {title}")
            failed |= fails
            seen |= {id_} if lock == product else set()
    for id_ in sorted(accepted - seen):
        print(f"FAILED: {id_} is listed as known, and the product has it no longer")
        failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
