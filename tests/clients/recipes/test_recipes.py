"""Runs the recipes of docs/recipes.md as they stand there, each with the tools of its language.

`RECIPE_NODE_MODULES`, `RECIPE_GO` (a directory with go.mod and go.sum) and `RECIPE_JAVA_POM` name what those of
JavaScript, Go and Java need beside the language; without it, or without the language, their recipes are left out.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs/recipes.md").read_text()
FILE = re.compile(r"^`([\w.]+)`:\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def files(language):
    """The files that the recipes of a language write down."""
    return {name: text for name, of, text in FILE.findall(TEXT) if of == language}


def write(place, found):
    place.mkdir(parents=True, exist_ok=True)
    for name, text in found.items():
        (place / name).write_text(text)


def run(command, place, expect, **environment):
    told = subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "LOCAL_STS_BIN": str(Path(os.environ["LOCAL_STS_BIN"]).resolve()), **environment},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert expect in told.stdout + told.stderr, told.stdout + told.stderr


def needed(variable, *programs):
    """What a variable names; the test is left out where that, or a program, is not here."""
    place = os.environ.get(variable, "")
    missing = [program for program in programs if not shutil.which(program)]
    if missing or not place:
        pytest.skip(f"needs {', '.join(missing) or variable}")
    return Path(place).resolve()


def test_every_recipe_is_run_here():
    languages = {language for _, language, _ in FILE.findall(TEXT)}
    assert languages == {"python", "javascript", "go", "java", "rust"}
    assert len(FILE.findall(TEXT)) == TEXT.count("```") // 2, "a block without its file's name is no recipe"


def test_python(tmp_path):
    write(tmp_path, files("python"))
    run([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "."], tmp_path, "2 passed")


def test_javascript(tmp_path):
    modules = needed("RECIPE_NODE_MODULES", "node")
    write(tmp_path, files("javascript"))
    (tmp_path / "node_modules").symlink_to(modules)
    run(["node", "--test", "--test-reporter=tap"], tmp_path, "# pass 1")


def test_go(tmp_path):
    module = needed("RECIPE_GO", "go")
    write(tmp_path, files("go"))
    for name in ["go.mod", "go.sum"]:
        shutil.copy(module / name, tmp_path / name)
    run(["go", "test", "-v", "-count=1", "."], tmp_path, "--- PASS: TestSnapshotsBringSessionsBack")


def test_java(tmp_path):
    pom = needed("RECIPE_JAVA_POM", "mvn", "javac")
    write(tmp_path / "src/test/java", files("java"))
    shutil.copy(pom, tmp_path / "pom.xml")
    repository = os.environ.get("RECIPE_JAVA_REPOSITORY")
    where = [f"-Dmaven.repo.local={Path(repository).resolve()}"] if repository else []
    run(["mvn", "--batch-mode", "--no-transfer-progress", *where, "test"], tmp_path, "Tests run: 1, Failures: 0")


def test_rust_is_a_package_of_its_own():
    text = (ROOT / "tests/clients/recipes/rust/sts.rs").read_text()
    assert text == files("rust")["sts.rs"], "tests/clients/recipes/rust/sts.rs says otherwise"
