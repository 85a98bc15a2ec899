"""The wheel carries the whole house: code, templates, SQL, fonts; and nothing beside it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.tree import PACKAGES, ROOT, files

pytestmark = pytest.mark.slow

VENDOR = Path("shared/face/vendor")


def copy_of_the_house(target: Path) -> None:
    papers = [Path("pyproject.toml"), Path("README.md"), Path("LICENSE")]
    for path in [*papers, *(path for path in files() if path.parts[0] in PACKAGES)]:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target / path)
    shutil.copytree(ROOT / VENDOR, target / VENDOR)


def test_a_wheel_carries_every_file_of_the_four_packages(tmp_path: Path) -> None:
    house = tmp_path / "house"
    copy_of_the_house(house)
    build = "from setuptools import build_meta as b; import sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=house, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    carried = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    at_home = {str(path) for path in files() if path.parts[0] in PACKAGES}
    fetched = {
        str(path.relative_to(ROOT)) for path in (ROOT / VENDOR).rglob("*") if path.is_file() and path.name != ".ready"
    }
    assert carried - {f"{VENDOR}/.ready"} == at_home | fetched
