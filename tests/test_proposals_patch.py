import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proposals_threads import HARNESS, PROMPT, files, outages, run, uninsured

from groundswell.models.proposals.patch import make_patch
from groundswell.models.proposals.placing import appended, inserted
from groundswell.models.proposals.target import TargetFile

PATHS = ["prompt.md", "agents/my prompt.md", "agents/Grüße.md"]
TEXTS = {
    "plain": "# Rules\n\n- one\n- two\n\nEnd.\n",
    "no newline at the end": "# Rules\n\n- one\n- two",
    "CRLF": "# Rules\r\n\r\n- one\r\n- two\r\n\r\nEnd.\r\n",
    "CRLF without one at the end": "# Rules\r\n\r\n- one\r\n- two",
    "empty": "",
    "one line": "Be brief.",
    "blank lines": "\n\n\n",
    "line ends that are none to git": "a\x0bb\x0cc\x85d\u2028e\n- one of them\n",
    "looks like a diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n",
}


def apply_with_git(folder: Path, diff: str) -> None:
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], cwd=folder, input=diff.encode(), check=True)


def apply_with_patch(folder: Path, diff: str) -> None:
    subprocess.run(
        ["patch", "-p1", "-s", "--no-backup-if-mismatch"], cwd=folder, input=diff.encode(), check=True
    )


TOOLS = {"git apply": apply_with_git, "patch -p1": apply_with_patch}


def applies_and_reverts(folder: Path, tool: str, path: str, before: str, after: str) -> None:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before.encode())
    patch = make_patch(path, before, after)
    TOOLS[tool](folder, patch.unified_diff)
    assert file.read_bytes() == after.encode()
    TOOLS[tool](folder, patch.inverse_diff)
    assert (file.read_bytes() if file.exists() else b"") == before.encode()


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_rule_added_at_any_line_applies_and_reverts(text: str, tool: str, tmp_path: Path) -> None:
    for line in [None, *range(text.count("\n") + 1)]:
        applies_and_reverts(tmp_path, tool, "prompt.md", text, inserted(text, line, "Ask first."))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_words_appended_to_any_line_apply_and_revert(text: str, tool: str, tmp_path: Path) -> None:
    for line in range(text.count("\n") + 1):
        applies_and_reverts(tmp_path, tool, "prompt.md", text, appended(text, line, "Ask first."))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("path", PATHS)
def test_paths_with_blanks_and_letters_beyond_ascii_apply(path: str, tool: str, tmp_path: Path) -> None:
    applies_and_reverts(tmp_path, tool, path, "a\nb\n", "a\nnew\nb\n")


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(st.sampled_from(["", "a", "b", "- x", "+y", "\\ No", "c\r"]), max_size=12),
    after=st.lists(st.sampled_from(["", "a", "b", "- x", "+y", "\\ No", "c\r"]), max_size=12),
    ends=st.tuples(st.booleans(), st.booleans()),
)
def test_any_two_texts_give_a_patch_that_git_applies_and_reverts(
    before: list[str], after: list[str], ends: tuple[bool, bool], tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = "\n".join(before) + ("\n" if ends[0] else "")
    new = "\n".join(after) + ("\n" if ends[1] else "")
    if old != new:
        applies_and_reverts(tmp_path_factory.mktemp("any"), "git apply", "prompt.md", old, new)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("cut", [False, True])
def test_the_diffs_of_real_proposals_apply_and_revert(
    tool: str, ending: str, cut: bool, tmp_path: Path
) -> None:
    prompt, harness = (
        (text.rstrip("\n") if cut else text).replace("\n", ending) for text in (PROMPT, HARNESS)
    )
    found = run(uninsured() + outages("get_reservation_details"), files(prompt, harness))
    assert len(found.proposals) == 2
    for proposal in found.proposals:
        file = tmp_path / proposal.change.path
        file.parent.mkdir(exist_ok=True)
        before = prompt if proposal.change.kind == "system_prompt" else harness
        file.write_bytes(before.encode())
        TOOLS[tool](tmp_path, proposal.change.unified_diff)
        edited = file.read_bytes().decode()
        assert edited != before
        assert ("\r\n" in edited) == (ending == "\r\n")
        assert edited.count("\n") == edited.count(ending)
        TOOLS[tool](tmp_path, proposal.change.inverse_diff)
        assert file.read_bytes() == before.encode()


def test_an_edit_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"prompt\.md changes nothing"):
        make_patch("prompt.md", "a\n", "a\n")


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../../x", "a\nb", 'a"b', "a\tb"])
def test_a_target_outside_the_repository_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="must be relative"):
        TargetFile(path, "")


class TestPlacing:
    def test_a_rule_near_a_list_entry_follows_the_whole_list(self) -> None:
        text = "Any of:\n- one\n- two\n- three\n\nEnd.\n"
        assert inserted(text, 2, "Rule.") == "Any of:\n- one\n- two\n- three\n\nRule.\n\nEnd.\n"

    def test_a_nested_list_counts_as_one_list(self) -> None:
        text = "- one\n  - inner\n    more\n- two\n\nEnd.\n"
        assert inserted(text, 1, "Rule.") == "- one\n  - inner\n    more\n- two\n\nRule.\n\nEnd.\n"

    def test_a_bullet_of_its_own_is_followed_by_a_bullet(self) -> None:
        text = "- one\n\n- two\n\n- three\n"
        assert inserted(text, 2, "Rule.") == "- one\n\n- two\n\n- Rule.\n\n- three\n"

    def test_a_numbered_list_is_left_whole(self) -> None:
        text = "1. one\n\n2. two\n\n3. three\n\nEnd.\n"
        assert inserted(text, 0, "Rule.") == "1. one\n\n2. two\n\n3. three\n\nRule.\n\nEnd.\n"

    def test_a_rule_after_a_paragraph_of_several_lines_follows_its_last(self) -> None:
        text = "A rule that\nwraps.\n# Next\n"
        assert inserted(text, 0, "Rule.") == "A rule that\nwraps.\n\nRule.\n\n# Next\n"

    def test_words_are_appended_before_the_line_end(self) -> None:
        assert appended("One.  \r\nTwo.\r\n", 0, "More.") == "One. More.  \r\nTwo.\r\n"
