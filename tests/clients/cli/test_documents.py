"""The tour of README.md and the examples of docs/, typed into a shell as they stand there."""

import re
import shlex
import socket
import subprocess
from pathlib import Path

import pytest

from outside.server import REPOSITORY, binary

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`([\w.-]+)`(?:,[^:`]*)?:\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAID_AT_START = re.compile(r"^```\n(local-sts .*?)^```$", re.MULTILINE | re.DOTALL)
LOG_LINE = re.compile(r"^```\n(refused .*?)^```$", re.MULTILINE | re.DOTALL)
SERVES = re.compile(r"(cargo run --release(?: --(?= ))?|local-sts(?= --(?:seed|ephemeral|tls)))(.*)")
MESSAGE = "AAAAAW9z..."

#: What no two runs share, and what stands for it in a comparison.
VARIES = [
    (re.compile(r"http://(127\.0\.0\.1|localhost):\d+"), "ADDRESS"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "INSTANT"),
    (re.compile(r"\b(AKIA|ASIA)(?!EXAMPLE)[A-Z0-9]{16}\b"), r"\1"),
    (re.compile(r"(?<=\t)[A-Za-z0-9+/]{40}$", re.MULTILINE), "SECRET"),
    (re.compile(r'(?<="code":")\d{6}'), "CODE"),
    (re.compile(r"(?<=state:     ).*"), "DIRECTORY"),
]


def shape(text):
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def steps(block):
    """The commands of a block, each with what is printed behind it."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append([line[2:], ""])
        elif found and not found[-1][1] and is_unfinished(found[-1][0]):
            found[-1][0] += "\n" + line
        else:
            found[-1][1] += line + "\n"
    return found


def is_unfinished(command):
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return command.endswith("\\")


class Shell:
    """A shell that stays, so that what is exported in one block counts in the next."""

    DONE = "--- done:"

    def __init__(self, aws, home):
        self.place = home
        programs = home / "bin"
        programs.mkdir()
        (programs / "local-sts").symlink_to(Path(binary()).resolve())
        variables = aws.environment(HOME=str(home))
        variables["PATH"] = f"{programs}:{variables['PATH']}"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self._bash = subprocess.Popen(["bash", "--noprofile", "--norc"], cwd=home, env=variables, **pipes)

    def run(self, command):
        """What it prints, and its exit code."""
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n%s%d\\n' '{self.DONE}' $?\n")
        self._bash.stdin.flush()
        said = ""
        for line in self._bash.stdout:
            if line.startswith(self.DONE):
                return said[:-1], int(line[len(self.DONE) :])
            said += line
        raise AssertionError(f"the shell ended at {command!r}: {said}")

    def close(self):
        self._bash.stdin.close()
        self._bash.wait(10)


class Reader:
    """Does what a page says, where the companion has a port that nobody else has."""

    def __init__(self, shell, launch, data_dir):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._companion = f"127.0.0.1:{free.getsockname()[1]}"
        self.shell, self._launch, self._data_dir, self.server, self.done = shell, launch, data_dir, None, []
        shell.run(f"export LOCAL_STS_COMPANION_LISTEN={self._companion} LOCAL_STS_DATA_DIR={data_dir}")

    def start(self, arguments):
        if self.server:
            self.server.stop()
        words = [self._file(word) for word in arguments if word not in ("--ephemeral", "&")]
        data_dir = None if "--ephemeral" in arguments else self._data_dir
        self.server = self._launch(*words, data_dir=data_dir, companion=self._companion)

    def _file(self, word):
        return next((str(at / word) for at in [REPOSITORY, self.shell.place] if (at / word).is_file()), word)

    def _here(self, text):
        """Where the page has what differs from start to start, as it is this time."""
        text = re.sub(r"(127\.0\.0\.1|localhost):4593", self._companion, text)
        if self.server is None:
            return text
        sealed = re.findall(r"encoded_message=([\w=-]+)", self.server.said())
        text = text.replace(MESSAGE, sealed[-1] if sealed else MESSAGE)
        return re.sub(r"(127\.0\.0\.1|localhost):4592", self.server.aws.split("://")[1], text)

    def follow(self, text):
        for name, content in FILE.findall(text):
            (self.shell.place / name).write_text(content)
        for block in CONSOLE.findall(text):
            for command, printed in steps(block):
                serves = SERVES.fullmatch(command.strip())
                if serves:
                    self.start(shlex.split(serves[2], comments=True))
                else:
                    self._check(command, printed)
                self.done.append(command)

    def _check(self, command, printed):
        said, code = self.shell.run(self._here(command))
        if not printed.strip():
            assert code == 0, (command, said)
            return
        begins, elided, _ = shape(printed).partition(" ...")
        found = shape(said)
        assert found.startswith(begins) if elided else found == begins, f"$ {command}\nthe page:\n{printed}\nbut:\n{said}"


@pytest.fixture
def reader(aws, home, launch, data_dir):
    shell = Shell(aws, home)
    yield Reader(shell, launch, data_dir)
    shell.close()


def page(name):
    return (REPOSITORY / name).read_text()


def test_the_first_command_prints_what_the_readme_shows(launch, data_dir):
    shown = SAID_AT_START.search(page("README.md"))[1]
    said = launch(data_dir=data_dir).said()
    said = said[said.index("local-sts ") :]
    assert shape(said).startswith(shape(shown)), said


def test_the_tour_of_the_readme(reader):
    _, _, tour = page("README.md").partition("## Five minutes")
    tour, _, _ = tour.partition("\n## ")
    reader.follow(tour)
    assert len(reader.done) > 10 and len(reader.done) == tour.count("\n$ ")
    told = " ".join(LOG_LINE.search(tour)[1].partition("encoded_message=")[0].split())
    log = re.sub(r' request_id="[^"]*"', "", reader.server.said())
    assert told in log, f"the page:\n{told}\nbut:\n{log}"


@pytest.mark.parametrize("name", ["iam", "federation", "delivery", "configuration"])
def test_a_page(reader, name):
    text = page(f"docs/{name}.md")
    reader.follow(text)
    assert len(reader.done) == text.count("\n$ ") > 2
