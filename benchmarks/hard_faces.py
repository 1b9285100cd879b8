"""Photographs made worse: ``python -m benchmarks.hard_faces DIRECTORY [--models DIR]``.

Takes the photographs of `benchmarks.wild_faces` (fetched into DIRECTORY when they are not there)
and makes each one grey, small, badly compressed, dark, tilted, cut off at the face, and 250 pixels
square as press pictures are, alone and between two neighbours. The code of the pair bench then
looks for the face in each. For every kind the table says in how many a face was found, in how many
it is the right person's (the nearest of all untouched photographs shows the same person), and how
many match the other photographs of that person, and photographs of others, at the engine's limit.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from benchmarks.wild_faces import fetch
from vendtower.adapters.identity.engine import Descriptor, Face, Picture, distance
from vendtower.adapters.identity.engines import make_engine
from vendtower.adapters.identity.pair_bench.describing import (
    Described,
    Description,
    EngineChoice,
    describe_files,
)
from vendtower.adapters.identity.pair_bench.rates import rate_of
from vendtower.adapters.identity.stills import acquire, decode

PRESS_PX = 250
PRESS_SHARE = 0.42
"""Width of the face in such a picture."""
NEIGHBOUR_SHARE = 0.36
DARK = 0.22
TILT_DEG = 30.0


@dataclass(frozen=True, eq=False)
class Photograph:
    """An untouched picture, and where its face is."""

    person: str
    name: str
    picture: Picture
    face: Face


@dataclass
class Tally:
    """Of one kind of picture."""

    made: int = 0
    found: int = 0
    right: int = 0
    genuine: int = 0
    genuine_missed: int = 0
    impostor: int = 0
    impostor_matched: int = 0
    wrong: list[str] = field(default_factory=list)


def square(photo: Photograph, share: float, side_px: int) -> Picture:
    """The face in the middle of a square, as wide as this share of it; edges are repeated."""
    face, scale = photo.face, share * side_px / photo.face.width
    middle = (face.left + face.width / 2, face.top + face.height / 2)
    move = np.array(
        [
            [scale, 0.0, side_px / 2 - scale * middle[0]],
            [0.0, scale, side_px / 2 - scale * middle[1]],
        ]
    )
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpAffine(
            photo.picture, move, (side_px, side_px), flags=way, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def between_neighbours(photo: Photograph, neighbours: tuple[Photograph, Photograph]) -> Picture:
    """A press picture with a stranger at either edge, as large as the one in the middle."""
    picture = square(photo, PRESS_SHARE, PRESS_PX)
    third = PRESS_PX * 28 // 100
    for neighbour, edge in zip(neighbours, (0, PRESS_PX - third), strict=True):
        beside = square(neighbour, NEIGHBOUR_SHARE * PRESS_PX / (2 * third), 2 * third)
        top = PRESS_PX // 2 - third
        strip = beside[:, third // 2 : third // 2 + third]
        picture[top : top + 2 * third, edge : edge + third] = strip
    return picture


def _tilted(photo: Photograph) -> Picture:
    height, width = photo.picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), TILT_DEG, 0.8)
    return np.asarray(
        cv2.warpAffine(photo.picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def _cut_off(photo: Photograph) -> Picture:
    face, (height, width) = photo.face, photo.picture.shape[:2]
    top, left = max(0, round(face.top)), max(0, round(face.left))
    bottom = min(height, round(face.top + face.height))
    return photo.picture[top:bottom, left : min(width, round(face.left + face.width))]


def _grey(photo: Photograph) -> Picture:
    return np.asarray(cv2.cvtColor(photo.picture, cv2.COLOR_BGR2GRAY), np.uint8)


def _half(photo: Photograph) -> Picture:
    return np.asarray(
        cv2.resize(photo.picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
    )


def _dark(photo: Photograph) -> Picture:
    return np.asarray(photo.picture * DARK, np.uint8)


Change = Callable[[Photograph], Picture]
ALONE: Mapping[str, tuple[Change, int]] = {
    "untouched": (lambda photo: photo.picture, 95),
    "grey": (_grey, 95),
    "half as large": (_half, 95),
    "JPEG quality 30": (lambda photo: photo.picture, 30),
    "dark": (_dark, 95),
    "tilted by 30 degrees": (_tilted, 95),
    "cut off at the face": (_cut_off, 95),
    "250 pixels": (lambda photo: square(photo, PRESS_SHARE, PRESS_PX), 75),
    "250 pixels, grey, dark": (
        lambda photo: np.asarray(
            cv2.cvtColor(square(photo, PRESS_SHARE, PRESS_PX), cv2.COLOR_BGR2GRAY) * 0.4, np.uint8
        ),
        75,
    ),
}
"""Kind to how it is made, and the quality of its JPEG."""
CROWDED = "250 pixels, two neighbours"


def photographs(choice: EngineChoice, pictures: Path) -> list[Photograph]:
    """All of them, with the face that the engine finds in the untouched picture."""
    engine = make_engine(choice.engine, choice.models_directory)
    found = []
    for file in sorted(pictures.glob("*.jpg")):
        still = decode(file.read_bytes())
        acquired = acquire(engine, still, choice.limits, thorough=True)
        # The place is only that of the still when the picture was not turned or framed for it.
        if acquired is not None and acquired.found_by.split()[0] in {"plain", "enlarged"}:
            person, name = file.name.split(".")[:2]
            found.append(Photograph(person, name, still.picture, acquired.face))
    return found


def _neighbours(photo: Photograph, photos: list[Photograph]) -> tuple[Photograph, Photograph]:
    others = [each for each in photos if each.person != photo.person]
    start = sum(map(ord, photo.name)) % len(others)
    first = others[start]
    second = next(each for each in others[start:] + others[:start] if each.person != first.person)
    return first, second


def write_all(photos: list[Photograph], folder: Path) -> Iterator[tuple[str, Photograph, str]]:
    """Write every variant; gives its kind, the photograph, and the file's name."""
    folder.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        made = [(kind, change(photo), quality) for kind, (change, quality) in ALONE.items()]
        made.append((CROWDED, between_neighbours(photo, _neighbours(photo, photos)), 75))
        for kind, picture, quality in made:
            name = f"{photo.person}.{photo.name}.{kind.replace(' ', '_').replace(',', '')}.jpg"
            cv2.imwrite(str(folder / name), picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            yield kind, photo, name


def tally(
    made: list[tuple[str, Photograph, str]], found: Mapping[str, Description], limit: float
) -> dict[str, Tally]:
    """Counts by kind."""
    untouched: dict[tuple[str, str], Descriptor] = {
        (photo.person, photo.name): each.descriptor
        for kind, photo, name in made
        if kind == "untouched" and isinstance(each := found[name], Described)
    }
    tallies: dict[str, Tally] = {}
    for kind, photo, name in made:
        counts = tallies.setdefault(kind, Tally())
        counts.made += 1
        described = found[name]
        if not isinstance(described, Described):
            counts.wrong.append(f"{name}: {described.why}")
            continue
        counts.found += 1
        away = {
            who: distance(described.descriptor, other)
            for who, other in untouched.items()
            if kind != "untouched" or who != (photo.person, photo.name)
        }
        _count(counts, photo, away, limit)
        if kind != "untouched" and min(away, key=lambda who: away[who])[0] != photo.person:
            counts.wrong.append(f"{name}: another person's face ({described.found_by})")
        else:
            counts.right += 1
    return tallies


def _count(
    counts: Tally, photo: Photograph, away: Mapping[tuple[str, str], float], limit: float
) -> None:
    for (person, other), far in away.items():
        if person != photo.person:
            counts.impostor += 1
            counts.impostor_matched += far <= limit
        elif other != photo.name:
            counts.genuine += 1
            counts.genuine_missed += far > limit


def _share(count: int, of: int) -> str:
    rate = rate_of(count, of)
    return f"{count} of {of} ({100 * rate.low:.1f} to {100 * rate.high:.1f} %)"


def main() -> int:
    """Make, look, print the table and every wrong one; status 1 when there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--models", type=Path, default=Path("none"))
    parser.add_argument("--engine", default="dlib")
    asked = parser.parse_args()
    choice = EngineChoice(asked.engine, asked.models)
    photos = photographs(choice, fetch(asked.directory))
    folder = asked.directory / "hard"
    made = list(write_all(photos, folder))
    found = describe_files([name for _, _, name in made], folder, choice)
    tallies = tally(made, found, choice.limits.distance_max)
    print("| Picture | face found | right person's | genuine pairs missed | strangers matched |")
    print("|---|---|---|---|---|")
    for kind, counts in tallies.items():
        print(
            f"| {kind} | {counts.found} of {counts.made} | {counts.right} of {counts.found} "
            f"| {_share(counts.genuine_missed, counts.genuine)} "
            f"| {_share(counts.impostor_matched, counts.impostor)} |"
        )
    wrong = [each for counts in tallies.values() for each in counts.wrong]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
