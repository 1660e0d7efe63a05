"""The process may die at any moment; what was answered stays true."""

import signal
from urllib.parse import quote

import pytest

from clients import check_refused, sts
from outside.people import ALICE, ALICE_ARN, BOB, BOB_ARN, BOB_RETIRED, DEMO, DEMO_ACCOUNT, role, session_arn
from outside.refusals import EXPIRED, INVALID, MISMATCH, session
from outside.server import SAMPLE_SEED, run_to_end
from outside.signer import assume, send, signed

ANOTHER_SEED = """
accounts:
  - id: "111122223333"
    users:
      - { name: carol, accessKeys: [{ id: AKIACAROL, secret: carol-secret }] }
"""


@pytest.fixture
def another_seed(tmp_path):
    path = tmp_path / "another.yaml"
    path.write_text(ANOTHER_SEED)
    return path


def identity(server, keys):
    answer = sts(server, keys).get_caller_identity()
    return answer["Account"], answer["Arn"], answer["UserId"]


def refused_start(home, data_dir, *arguments):
    """Starts where starting must fail; answers what was said."""
    quiet = ["--aws-listen", "127.0.0.1:0", "--companion-listen", "127.0.0.1:0", "--data-dir", data_dir]
    ended = run_to_end(home, *quiet, *arguments)
    assert (ended.returncode, ended.stdout) == (1, ""), ended
    return ended.stderr


@pytest.mark.parametrize("end", ["kill", "stop"])
@pytest.mark.parametrize("seed", [SAMPLE_SEED, None], ids=["the_same_seed", "no_seed"])
def test_sessions_live_through_a_restart(launch, data_dir, end, seed):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    one = session(first)
    two = assume(first, one, role("ci/deployer"))
    before = [identity(first, keys) for keys in (ALICE, BOB, one, two)]
    getattr(first, end)()

    second = launch(seed=seed, data_dir=data_dir)
    assert [identity(second, keys) for keys in (ALICE, BOB, one, two)] == before
    assert sts(second, assume(second, one, role("ci/deployer"))).get_caller_identity()["Arn"] == before[3][1]
    check_refused(INVALID, "GetCallerIdentity", sts(second, BOB_RETIRED).get_caller_identity)
    second.advance(3600)
    check_refused(EXPIRED, "GetCallerIdentity", sts(second, one).get_caller_identity)


def test_sessions_live_through_being_killed_again_and_again(launch, data_dir):
    server, sessions = launch(seed=SAMPLE_SEED, data_dir=data_dir), []
    for _ in range(5):
        sessions.append(session(server))
        server.kill()
        server = launch(data_dir=data_dir)
        for keys in sessions:
            assert identity(server, keys)[1] == session_arn("report-reader", "ci")


def test_what_a_reset_ended_stays_ended_when_it_is_killed_right_after(launch, data_dir):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    keys = session(first)
    first.reset()
    first.kill()
    second = launch(data_dir=data_dir)
    check_refused(INVALID, "GetCallerIdentity", sts(second, keys).get_caller_identity)
    assert identity(second, BOB)[1] == BOB_ARN


def test_nothing_of_an_ephemeral_service_is_left(launch):
    first = launch(seed=SAMPLE_SEED)
    keys = session(first)
    first.stop()
    second = launch(seed=SAMPLE_SEED)
    check_refused(INVALID, "GetCallerIdentity", sts(second, keys).get_caller_identity)


def test_another_seed_is_refused_with_advice_and_harms_nothing(launch, home, data_dir, another_seed):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    keys = session(first)
    first.kill()
    said = refused_start(home, data_dir, "--seed", another_seed)
    assert "--seed-mode merge" in said and "--seed-mode reset" in said
    second = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    assert identity(second, keys)[1] == session_arn("report-reader", "ci")


def test_another_seed_is_merged_on_demand_and_sessions_live(launch, data_dir, another_seed):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    keys = session(first)
    first.kill()
    second = launch("--seed-mode", "merge", seed=another_seed, data_dir=data_dir)
    assert identity(second, keys)[1] == session_arn("report-reader", "ci")
    assert identity(second, BOB.but(id="AKIACAROL", secret="carol-secret"))[0] == "111122223333"


def test_another_seed_begins_anew_on_demand_and_sessions_end(launch, data_dir, another_seed):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    keys = session(first)
    first.kill()
    second = launch("--seed-mode", "reset", seed=another_seed, data_dir=data_dir)
    for gone in (keys, BOB):
        check_refused(INVALID, "GetCallerIdentity", sts(second, gone).get_caller_identity)
    assert identity(second, BOB.but(id="AKIACAROL", secret="carol-secret"))[0] == "111122223333"


def test_the_built_in_seed_gives_way_to_a_given_one(launch, data_dir):
    first = launch(data_dir=data_dir)
    assert identity(first, DEMO)[0] == DEMO_ACCOUNT
    first.kill()
    second = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    assert identity(second, ALICE)[1] == ALICE_ARN
    check_refused(INVALID, "GetCallerIdentity", sts(second, DEMO).get_caller_identity)


def test_a_second_process_on_the_same_directory_is_turned_away(launch, home, data_dir):
    first = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    said = refused_start(home, data_dir, "--seed", SAMPLE_SEED)
    assert "another local-sts is running on" in said and "--data-dir" in said and "--ephemeral" in said
    assert identity(first, BOB)[1] == BOB_ARN


@pytest.mark.parametrize("opened", ["", "state", "state/*"], ids=["all_of_it", "the_state", "files_of_the_state"])
def test_a_directory_into_which_others_can_look_is_turned_away(launch, home, data_dir, opened):
    server = launch(seed=SAMPLE_SEED, data_dir=data_dir)
    session(server)
    server.stop()
    assert [path for path in [data_dir, *data_dir.rglob("*")] if path.stat().st_mode & 0o077] == []
    for path in data_dir.glob(opened) if opened else [data_dir]:
        closed = path.stat().st_mode
        path.chmod(closed | 0o044)
        said = refused_start(home, data_dir)
        assert "chmod" in said and str(path) in said
        path.chmod(closed)
    assert identity(launch(data_dir=data_dir), BOB)[1] == BOB_ARN


def test_neither_secrets_nor_tokens_are_on_the_disk_or_in_the_log(launch, data_dir):
    server = launch("--log", "debug", seed=SAMPLE_SEED, data_dir=data_dir)
    keys = session(server)
    identity(server, keys)
    path = f"/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Security-Token={quote(keys.token, '')}"
    faults = [(keys.but(token=None), INVALID), (keys.but(secret="wrong"), MISMATCH), (BOB_RETIRED, INVALID)]
    for spoiled, refusal in faults:
        check_refused(refusal, "GetCallerIdentity", sts(server, spoiled).get_caller_identity)
        assert send(server, "GET", path, headers=signed(spoiled, "GET", server.aws + path, {}, b"")).status == 403
    server.stop()
    kept = b"".join(path.read_bytes() for path in data_dir.rglob("*") if path.is_file())
    said = server.said()
    assert said.count("refused") >= 3
    for secret in (keys.secret, keys.token, quote(keys.token, "")):
        assert secret.encode() not in kept and secret not in said
    assert BOB.secret not in said and BOB_RETIRED.secret not in said


def test_it_ends_in_good_order_even_when_it_is_told_so_as_soon_as_it_is_ready(launch):
    for _ in range(100):
        launch(seed=SAMPLE_SEED).stop()


def test_it_ends_in_good_order_at_an_interrupt_and_while_clients_are_connected(launch):
    server = launch(seed=SAMPLE_SEED)
    clients = [sts(server, BOB) for _ in range(3)]
    for client in clients:
        client.get_caller_identity()
    server.stop(signal.SIGINT)
