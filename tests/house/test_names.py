"""Four plain names stand at the top. They exist on the package index too: somebody else's could slip in over ours."""

import ast
from importlib.metadata import distribution, packages_distributions

import pytest

from tests.house.tree import PACKAGES, ROOT, files, project, sources


@pytest.mark.parametrize("package", PACKAGES)
def test_each_top_name_belongs_to_jiayou_alone(package: str) -> None:
    assert set(packages_distributions()[package]) == {"jiayou"}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_top_name_is_imported_from_this_house(package: str) -> None:
    module = __import__(package)
    assert [str(ROOT / package)] == list(module.__path__)


def test_the_scripts_are_ours() -> None:
    ours = {
        entry.name: entry.value for entry in distribution("jiayou").entry_points if entry.group == "console_scripts"
    }
    assert ours == project()["project"]["scripts"]


def test_each_room_opens_with_a_letter() -> None:
    rooms = {path.parent for path, _ in sources(*PACKAGES)}
    letters = {path.parent: ast.get_docstring(tree) for path, tree in sources(*PACKAGES) if path.name == "__init__.py"}
    assert sorted(str(room) for room in rooms if not letters.get(room)) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_tells_type_checkers_that_it_is_typed(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()


def test_each_test_folder_is_a_package() -> None:
    folders = {path.parent for path in files() if path.parts[0] == "tests" and path.suffix == ".py"}
    assert sorted(str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()) == []
