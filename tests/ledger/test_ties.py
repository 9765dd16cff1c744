"""Who could be one person: all who descend from the first officer, until somebody outside answers for some."""

from sightline.ledger.ties import Tie, Ties


def office() -> Ties:
    """A enrols B alone; A and B enrol C and D; C and D enrol E."""
    ties = Ties()
    for officer, by in (("a", "a"), ("b", "a"), ("c", "ab"), ("d", "ab"), ("e", "cd")):
        ties.add(officer, by)
    return ties


def test_by_the_ledger_alone_no_two_officers_are_untied() -> None:
    assert office().group_by_person("abcde") == [["a", "b", "c", "d", "e"]]
    assert office().find_tie("a", "b") is Tie.ALONE
    assert office().find_tie("c", "a") is Tie.ENROLLER
    assert office().find_tie("d", "e") is Tie.ENROLLER
    assert office().find_tie("a", "e") is Tie.CLASS


def test_two_who_were_met_are_untied_and_so_is_whom_they_enrolled() -> None:
    met = office().without({"c", "d"})
    assert met.group_by_person("abcde") == [["a", "b"], ["c"], ["d"], ["e"]]
    assert met.find_tie("c", "d") is Tie.NONE
    assert met.find_tie("a", "b") is Tie.ALONE, "nobody answers for these"


def test_one_who_was_met_frees_only_that_one() -> None:
    met = office().without({"b"})
    assert met.group_by_person("abcde") == [["a"], ["b"], ["c"], ["d"], ["e"]], (
        "the first and one who was met enrolled c and d"
    )
    assert office().without({"c"}).group_by_person("abcde") == [["a", "b", "d"], ["c"], ["e"]]
