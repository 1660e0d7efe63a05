"""The program itself: `check`, its exit codes, what it says when it cannot start, and the companion's door."""

import pytest

from outside.server import REPOSITORY, SAMPLE_SEED, run_to_end

TAGS = REPOSITORY / "fixtures/seed/errors/tags.yaml"


def test_check_finds_a_good_seed_good(home):
    checked = run_to_end(home, "check", SAMPLE_SEED)
    assert (checked.returncode, checked.stdout) == (0, "fine: 2 accounts, 2 users, 7 roles\n")


def test_check_tells_every_mistake_with_its_line_and_how_to_mend_it(home):
    checked = run_to_end(home, "check", TAGS)
    assert (checked.returncode, checked.stdout) == (1, "")
    for place in ("8:11", "9:11", "10:11", "11:17", "12:18"):
        assert f"{TAGS}:{place}: " in checked.stderr
    mistakes = checked.stderr.splitlines()
    assert len(mistakes) == 10 and all(line.startswith("    ") for line in mistakes[1::2])


def test_check_of_a_file_that_is_not_there_says_so(home):
    checked = run_to_end(home, "check", home / "nowhere.yaml")
    assert checked.returncode == 1 and "there is no such file" in checked.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--ephemeral", "--seed", TAGS], "tags.yaml:8:11"),
        (["--ephemeral", "--seed", "nowhere.yaml"], "there is no such file"),
        (["--ephemeral", "--tls-cert", "nowhere.pem", "--tls-key", "nowhere.pem"], "there is no such file"),
        (["my.yaml"], "`local-sts --seed my.yaml`"),
        (["serve"], "without a command it serves"),
        (["--ephemeral", "--region", "mars-north-1"], "mars-north-1"),
        (["--ephemeral", "--aws-listen", "127.0.0.1:notaport"], "--aws-listen"),
        (["--ephemeral", "--companion-listen", "0.0.0.0:0"], "--companion-token-file"),
        (["--ephemeral", "--aws-listen", "0.0.0.0:0"], "--demo"),
    ],
    ids=["bad_seed", "no_seed_file", "no_tls_file", "seed_as_command", "no_command", "no_region", "no_address", "companion_for_all", "demo_keys_for_all"],
)
def test_what_cannot_be_served_stops_the_start_with_a_reason(home, arguments, said):
    free = ["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0"]
    free = [part for at in (0, 2) if free[at] not in arguments for part in free[at : at + 2]]
    ended = run_to_end(home, *free, *arguments)
    assert ended.returncode in (1, 2) and ended.stdout == "" and said in ended.stderr, ended


def test_a_port_that_is_taken_is_named(sample, home):
    taken = sample.aws.removeprefix("http://")
    ended = run_to_end(home, "--ephemeral", "--aws-listen", taken, "--companion-listen", "127.0.0.1:0")
    assert (ended.returncode, ended.stdout) == (1, "") and taken in ended.stderr


def test_the_companion_says_that_it_lives_and_is_ready(sample):
    assert sample.admin("GET", "/live") == (200, {"live": True})
    status, answer = sample.admin("GET", "/ready")
    assert (status, answer["ready"]) == (200, True)


@pytest.mark.parametrize(
    "method, path, body, status",
    [
        ("GET", "/nowhere", None, 404),
        ("DELETE", "/_admin/v1/clock", None, 405),
        ("PUT", "/_admin/v1/clock", {"mode": "frozen"}, 400),
        ("PUT", "/_admin/v1/clock", {"mode": "frozen", "at": "noon"}, 400),
        ("POST", "/_admin/v1/clock/advance", {"seconds": "many"}, 400),
        ("POST", "/_admin/v1/clock/advance", {"seconds": 1, "hours": 1}, 400),
        ("POST", "/", {"Action": "GetCallerIdentity"}, 404),
    ],
)
def test_the_companion_refuses_what_it_does_not_know(sample, method, path, body, status):
    got, answer = sample.admin(method, path, body)
    assert got == status and answer["error"]["message"], answer
