"""What is said of lock files by a database of a few advisories."""

import pytest
from advisories import affects, found, key, known, main, meets, read

LOCK = """
[[package]]
name = "leaky"
version = "1.2.0"
source = "registry+x"
[[package]]
name = "ours"
version = "0.1.0"
"""


def advisory(name="leaky", id_="RUSTSEC-2020-0001", patched='[">= 1.2.3"]', more="", about=""):
    head = f'[advisory]\nid = "{id_}"\npackage = "{name}"\n{about}\n[versions]\npatched = {patched}\n{more}'
    return f"```toml\n{head}\n```\n\n# It leaks\n"


@pytest.mark.parametrize(
    "version, requirement, expect",
    [
        ("1.2.3", ">= 1.2.3", True),
        ("1.2.3-rc.1", ">= 1.2.3", False),
        ("1.10.0", "> 1.9.9", True),
        ("1.2.9", ">= 1.2.3, < 1.3.0", True),
        ("1.3.0", ">= 1.2.3, < 1.3.0", False),
        ("1.9.0", "^1.2", True),
        ("2.0.0", "^1.2", False),
        ("0.2.9", "^0.2.3", True),
        ("0.3.0", "^0.2.3", False),
        ("0.3.0", "0.2.3", False),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2", False),
        ("1.0.0+build", "= 1.0.0", True),
        ("7.0.0", "*", True),
    ],
)
def test_versions_meet_requirements(version, requirement, expect):
    assert meets(version, requirement) == expect


def test_versions_are_in_order():
    order = ["0.10.0-alpha", "0.10.0-rc.9", "0.10.0-rc.19", "0.10.0", "0.10.1", "1.0"]
    assert sorted(reversed(order), key=key) == order


def test_what_is_not_mended_is_found():
    assert affects(read(advisory()), "1.2.0")
    assert affects(read(advisory(patched="[]")), "9.0.0")
    assert not affects(read(advisory()), "1.2.3")
    assert not affects(read(advisory(more='unaffected = ["< 1.2.1"]')), "1.2.0")
    assert not affects(read(advisory(about='withdrawn = "2020-02-02"')), "1.2.0")
    assert not affects(read(advisory(more='[affected]\nos = ["windows"]')), "1.2.0")


def test_only_packages_of_a_registry_are_looked_at():
    advisories = {"leaky": [read(advisory())], "ours": [read(advisory("ours", patched="[]"))]}
    assert list(found(LOCK, advisories)) == [("RUSTSEC-2020-0001", "leaky 1.2.0", "vulnerability", "It leaks")]


def run(tmp_path, listed, about="", lock=LOCK):
    database = tmp_path / "database" / "crates"
    for number in range(100):
        (database / f"other{number}").mkdir(parents=True)
        (database / f"other{number}" / "a.md").write_text(advisory(f"other{number}"))
    (database / "leaky").mkdir()
    (database / "leaky" / "b.md").write_text(advisory(about=about))
    (tmp_path / "known.txt").write_text(listed)
    (tmp_path / "Cargo.lock").write_text(lock)
    (tmp_path / "other.lock").write_text(LOCK)
    files = [tmp_path / "database", tmp_path / "known.txt", tmp_path / "Cargo.lock", tmp_path / "other.lock"]
    return main(*map(str, files))


def test_what_the_product_has_fails_unless_it_is_known(tmp_path, capsys):
    assert run(tmp_path, "# none\n") == 1
    assert "FAILED: RUSTSEC-2020-0001 leaky 1.2.0" in capsys.readouterr().out


def test_what_is_known_does_not_fail(tmp_path, capsys):
    assert run(tmp_path, "RUSTSEC-2020-0001 it leaks nothing here\n") == 0
    assert "known: RUSTSEC-2020-0001" in capsys.readouterr().out


def test_what_only_tests_have_and_what_is_no_hole_are_told(tmp_path, capsys):
    assert run(tmp_path, "", about='informational = "unmaintained"') == 0
    assert capsys.readouterr().out.count("note: RUSTSEC-2020-0001") == 2


def test_a_known_one_that_is_gone_fails(tmp_path):
    assert run(tmp_path, "RUSTSEC-2020-0001 why\n", lock=LOCK.replace("1.2.0", "1.3.0")) == 1


def test_a_known_one_has_a_reason(tmp_path):
    with pytest.raises(ValueError, match="why does RUSTSEC-2020-0001 stay"):
        known("RUSTSEC-2020-0001\n")


def test_what_is_no_database_is_told(tmp_path):
    (tmp_path / "known.txt").write_text("")
    assert main(str(tmp_path), str(tmp_path / "known.txt"), str(tmp_path / "none")) == 1
