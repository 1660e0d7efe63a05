"""The built-in issuer: asked on the command line and as GitHub's own actions ask, believed by its documents."""

import json
import re
import signal
import stat
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from outside.server import binary, environment, run_to_end
from outside.tokens import fetch, parts, proved


def place(server):
    return server.companion.removeprefix("http://")


def oidc(home, server, *arguments):
    return run_to_end(home, "oidc", *arguments, "--companion-listen", place(server))


def printed(done):
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def test_a_token_of_the_command_line_is_believed(home, demo):
    command = ["token", "--preset", "github-actions", "--sub", "repo:octo/tool:environment:prod"]
    command += ["--aud", "sts.amazonaws.com", "--claim", "run_id=7", "--tag", "Team=blue"]
    token = printed(oidc(home, demo, *command))
    assert token.count("\n") == 1
    claims = proved(token.strip())
    assert claims["iss"] == f"{demo.companion}/oidc/github"
    assert (claims["sub"], claims["aud"]) == ("repo:octo/tool:environment:prod", "sts.amazonaws.com")
    assert (claims["repository"], claims["environment"], claims["run_id"]) == ("octo/tool", "prod", "7")
    assert claims["https://aws.amazon.com/tags"] == {"principal_tags": {"Team": ["blue"]}}


def test_claims_are_texts_or_any_json(home, demo):
    command = ["token", "--sub", "x", "--claim", "a=1", "--claim-json", "b=1", "--claim-json", "c=[true]"]
    command += ["--without", "jti", "--aud", "one", "--aud", "two"]
    _, claims, _, _ = parts(printed(oidc(home, demo, *command)).strip())
    assert (claims["a"], claims["b"], claims["c"], claims["aud"]) == ("1", 1, [True], ["one", "two"])
    assert "jti" not in claims


@pytest.mark.parametrize(
    "arguments, advice",
    [
        (["token"], "a sub, or a preset"),
        (["token", "--preset", "nobody"], "github-actions, gitlab-ci, eks"),
        (["token", "--sub", "x", "--defect", "subtle"], "there is no defect subtle: take one of expired, not-yet-valid"),
        (["token", "--sub", "x", "--claim", "nonsense"], "name=value"),
        (["token", "--sub", "x", "--claim-json", "a={"], "no JSON"),
        (["token", "--sub", "x", "--refresh"], "--write"),
        (["token", "--sub", "x", "--platform-issuer"], "--preset"),
        (["seed"], "a sub, or a preset"),
        (["seed", "--sub", "x", "--account", "12"], "twelve digits"),
    ],
)
def test_what_makes_no_sense_is_told_on_the_command_line(home, demo, arguments, advice):
    done = oidc(home, demo, *arguments)
    assert done.returncode != 0 and done.stdout == "" and advice in done.stderr, done


def test_a_service_that_is_not_there_is_told_so(home):
    done = run_to_end(home, "oidc", "token", "--sub", "x", "--companion-listen", "127.0.0.1:1")
    assert done.returncode == 1 and "the companion does not answer" in done.stderr, done


def test_a_bad_token_is_bad(home, demo):
    token = printed(oidc(home, demo, "token", "--sub", "x", "--defect", "bad-signature")).strip()
    with pytest.raises(Exception, match="[Vv]erification failed"):
        proved(token)


def test_keys_are_replaced_and_withdrawn(home, demo):
    token = printed(oidc(home, demo, "token", "--sub", "x")).strip()
    assert len(printed(oidc(home, demo, "rotate")).split()) == 12
    assert proved(token)["sub"] == "x"
    ids = printed(oidc(home, demo, "rotate", "--keep", "1")).split()
    shown = fetch(f"{demo.companion}/oidc/.well-known/jwks.json")["keys"]
    assert [key["kid"] for key in shown] == ids
    assert parts(token)[0]["kid"] not in ids


def test_a_file_has_the_token_and_nothing_else_and_is_its_owners(home, demo):
    file = home / "tokens" / "token"
    file.parent.mkdir()
    assert printed(oidc(home, demo, "token", "--preset", "eks", "--write", file)) == ""
    text = file.read_text()
    assert proved(text)["sub"] == "system:serviceaccount:shop:api" and text == text.strip()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["token"]


def test_a_file_is_kept_fresh(home, demo):
    file = home / "token"
    command = [binary(), "oidc", "token", "--sub", "x", "--lifetime", "1", "--write", str(file), "--refresh"]
    command += ["--companion-listen", place(demo)]
    keeper = subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        seen, deadline = set(), time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < deadline:
            if file.exists():
                seen.add(file.read_text())
            time.sleep(0.05)
        assert len(seen) >= 3, "it is written anew before it is over"
        assert keeper.poll() is None
    finally:
        keeper.send_signal(signal.SIGTERM)
        keeper.wait(10)


def exported(text):
    """The variables that lines for a shell set."""
    return dict(re.findall(r"^export (\w+)='(.*)'$", text, re.MULTILINE))


def job(variables, audience=None):
    """As the toolkit of GitHub Actions does: the audience is appended to what the runner gave."""
    url = variables["ACTIONS_ID_TOKEN_REQUEST_URL"]
    if audience:
        url += f"&audience={urllib.parse.quote(audience, safe='')}"
    request = urllib.request.Request(url)
    request.add_header("Authorization", f"Bearer {variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=10) as answer:
        return json.load(answer)["value"]


def test_a_job_finds_its_token_at_githubs_door(home, demo):
    command = ["actions", "--sub", "repo:octo/tool:ref:refs/heads/main", "--claim", "actor=it's me"]
    variables = exported(printed(oidc(home, demo, *command)))
    claims = proved(job(variables, "sts.amazonaws.com"))
    assert (claims["aud"], claims["ref"], claims["actor"]) == ("sts.amazonaws.com", "refs/heads/main", "it's me")
    assert proved(job(variables))["aud"] == "https://github.com/octo"


def test_a_door_with_a_lock_wants_the_key(home, launch):
    token = home / "companion-token"
    token.write_text("0123456789abcdef\n")
    server = launch("--companion-token-file", str(token))
    assert "--companion-token-file" in oidc(home, server, "token", "--sub", "x").stderr
    shown = ["--companion-token-file", token]
    assert proved(printed(oidc(home, server, "token", "--sub", "x", *shown)).strip())["sub"] == "x"
    variables = exported(printed(oidc(home, server, "actions", *shown)))
    assert proved(job(variables))["repository"] == "acme/shop"
    with pytest.raises(urllib.error.HTTPError) as refused:
        job(variables | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "wrong"})
    with refused.value as answer:
        assert answer.code == 401


def test_tokens_go_by_the_services_own_clock(home, demo):
    demo.freeze("2031-01-15T12:00:00Z")
    claims = proved(printed(oidc(home, demo, "token", "--sub", "x", "--lifetime", "60")).strip())
    assert (claims["iat"], claims["exp"]) == (1926244800, 1926244860)
