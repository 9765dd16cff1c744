"""Servers that any test may ask for, the owners of the worlds that are copied, and the order for two workers."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.copies import owned_by

ROOT = Path(__file__).parent.parent
pytest_plugins = ["tests.servers.fixtures"]
SHORT = ("tests/stages/", "tests/differential/", "tests/test_imports.py", "tests/casework/permissions/test_access.py")
"""Thousands of tests that share nothing."""
NEVER_ANSWERS = "tests/storage/test_segments.py::test_a_server_that_never_answers_is_waited_for_only_until_the_limit"
"""One that takes nothing either (`False`) is met in one way by all acts: `make test` tries two of them with it."""
SLOW = (
    "tests/real_servers/",
    "tests/attribution/",
    "tests/cli/export/test_case.py",
    "tests/cli/test_demo.py",
    "tests/cli/test_exercise.py",
    "tests/cli/test_lists_page.py",
    "tests/cli/test_recall.py",
    "tests/cli/test_resolve.py::test_a_doubtful_reply_names_nobody_until",
    "tests/cli/test_resolve.py::test_a_nat_log_and_an_access_log_come_as_two_replies",
    "tests/cli/test_resolve.py::test_a_withdrawn_correction",
    "tests/cli/test_resolve.py::test_an_operators_line_needs_a_second_notice",
    "tests/cli/test_tip_road.py",
    "tests/cli/test_tip_tutorial_page.py",
    "tests/cli/test_watch.py::test_two_watches_at_once_register_all_and_the_leads_have_the_hits_of_both",
    "tests/cli/test_workspace_page.py",
    "tests/differential/test_segments.py",
    "tests/differential/test_whole_match.py::test_sides_agree_on_all_outputs[all",
    "tests/services/cluster/",
    "tests/services/live/test_collectors.py",
    "tests/services/live/test_dnstap_socket.py::test_the_questions_to_a_real_unbound_become_hits",
    "tests/services/live/test_kafka.py",
    "tests/services/live/test_kill.py::test_a_killed_watch_resumes[sqlite-False",
    "tests/services/live/test_nats.py",
    "tests/services/live/test_rebuild_budget.py::test_a_feed_of_twice_the_parts_is_twice_as_large",
    "tests/services/live/test_session_memory.py",
    "tests/services/live/test_watch.py::test_after_every_part_the_leads_equal_a_rebuild_that_remembers_nothing[2",
    "tests/services/live/test_watch.py::test_after_every_part_the_leads_equal_a_rebuild_that_remembers_nothing[3",
    "tests/services/test_benchmark.py",
    "tests/services/test_canary.py::test_a_canary_is_nowhere[servers]",
    "tests/services/test_crash.py",
    "tests/services/test_faults.py",
    "tests/services/test_graphs.py",
    "tests/services/test_killed_replies.py",
    "tests/services/test_object_exhibits.py::test_a_server_that_goes_away_is_an_error_and_leaves_nothing",
    "tests/services/test_object_exhibits.py::test_workers_read_objects_with_credentials_of_their_own",
    "tests/services/test_reply_match.py::test_an_archive_that_unpacks_to_gigabytes_is_read_up_to_a_limit",
    "tests/services/test_tamper.py",
    "tests/services/test_tip_crash.py",
    "tests/stages/resolve/test_worlds.py::test_one_whose_address_is_not_known_forbids_that_any_is_named_at_its_time",
    "tests/storage/test_segments.py::test_a_large_file_that_goes_slowly_is_not_cut[20]",
    *(
        f"{NEVER_ANSWERS}[{act}-False"
        for act in ("a small file", "clearing", "listing", "looking", "publishing", "removing")
    ),
    "tests/test_attribution_bench.py",
    "tests/test_field_world.py",
    "tests/web/exchange/test_schema.py::test_the_api_is_as_it_says[POST",
    "tests/web/test_board.py",
    "tests/web/test_clicks.py",
    "tests/web/test_exercise.py",
    "tests/web/test_first_week.py",
    "tests/web/test_gallery.py",
    "tests/web/test_hostile.py",
    "tests/web/test_intake_browser.py",
    "tests/web/test_keyboard.py",
    "tests/web/test_keys.py",
    "tests/web/test_load.py",
    "tests/web/test_masked_pages.py",
    "tests/web/test_page_language.py",
    "tests/web/test_pages.py",
    "tests/web/test_rights.py",
    "tests/web/test_serve.py::test_links_are_printed_by_role",
    "tests/web/test_serve.py::test_the_server_stops",
    "tests/web/test_serve.py::test_an_unsafe_serve_option_is_refused",
    "tests/web/test_workers.py::test_a_killed_worker",
    "tests/web/test_workers.py::test_workers_end_when_the_process_in_front_is_killed",
)
"""Many real servers, worlds, crashes and faults: `make test-slow` runs these, and `.ci/run` both parts."""
OF_A_BROWSER = "browser"
"""The fixture that starts a browser. Each module that has it starts one: nearly all of its tests are slow."""
FAST_BROWSER = (
    "tests/web/test_approvals.py::test_the_subject_appears_beside_the_decision",
    "tests/web/test_narrow.py::test_a_table_becomes_cards",
    "tests/web/test_sorted_lists.py",
)
"""The tests that try a browser in `make test`: those of one module, and one of each whose tests all need a browser."""
TWINS = ("postgresql", "servers")
"""Signs of a case that runs in a folder or on SQLite too: nearly all of these are slow."""
FAST_TWINS = (
    "tests/services/test_scans.py::test_a_scanned_folder_is_stored_whole_and_provable[servers]",
    "tests/workspace/test_backup.py::test_every_row_and_every_file_comes_back[folder-servers]",
)
"""The ones that `make test` tries, beside the tests that have no twin."""
SAMPLED = (
    "tests/differential/test_compare.py::test_a_sample_is_detected_as_if_every_format_read_all_of_it",
    "tests/differential/test_cut_off.py::",
    "tests/differential/test_samples.py::test_sides_agree_on_samples_of_other_formats",
    "tests/differential/test_samples.py::test_sides_agree_on_the_sample",
    "tests/evidence/test_verify_sightline.py::",
    "tests/exercise/test_isp_answers.py::test_a_fault_of_rows_has_the_share",
    "tests/exercise/test_isp_answers.py::test_a_row_that_takes_itself_back",
    "tests/services/test_forgeries.py::test_a_forged_act_is_named_by_both_verifiers",
    "tests/stages/formats/test_drafts.py::test_a_draft_asks_at_most_five_questions",
    "tests/stages/formats/test_drafts.py::test_a_draft_of_every_sample_loads",
    "tests/stages/formats/test_samples.py::test_blanks_at_the_end_of_a_line_change_no_record",
    "tests/stages/resolve/replies/test_bad_input.py::",
    "tests/stages/resolve/replies/test_patterns.py::test_four_times_the_text",
    "tests/stages/resolve/replies/test_side_columns.py::",
    "tests/stages/tips/test_sheet_table.py::test_columns_give_what_rows_give",
    "tests/storage/test_protection.py::test_an_alteration_in_postgresql_is_named",
    "tests/test_patterns.py::test_steps_grow_no_faster_than_the_text",
)
"""Tests whose many cases all take one way: `make test` tries the first ones and every fourth, the slow part others."""
MOST_FAST_CASES = 6


CASES = Counter[str]()
"""How many cases of each test that is sampled were collected."""


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Generator[None]:
    """New workspaces get their schema from a copy, and share compiled SQL.

    The migrations run in the tests of them and in commands of their own.
    """
    from sightline.storage import database
    from sightline.workspace import workspace
    from tests import compiled_sql, new_schema

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "upgrade", new_schema.upgrade)
        patch.setattr(database, "create_engine", compiled_sql.create_engine)
        yield


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of slow tests where no slow test is asked for: each worker would load them and their cases."""
    if "not slow" not in config.option.markexpr or not collection_path.is_relative_to(ROOT):
        return None
    where = collection_path.relative_to(ROOT).as_posix()
    return True if f"{where}/".startswith(SLOW) or where.startswith(SLOW) else None


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test as slow by its file or its name, for its browser, or because the same test is tried otherwise too."""
    has_browser = OF_A_BROWSER in getattr(item, "fixturenames", ()) and not item.nodeid.startswith(FAST_BROWSER)
    case = item.nodeid.partition("[")[2]
    is_twin = any(sign in case for sign in TWINS) and item.nodeid not in FAST_TWINS
    if has_browser or is_twin or item.nodeid.startswith(SLOW) or is_left_out(item.nodeid):
        item.add_marker(pytest.mark.slow)


def is_left_out(nodeid: str) -> bool:
    """Return whether a case of a sampled test is none of those that are tried in `make test`. Counts the cases."""
    test, _, case = nodeid.partition("[")
    if not case or not nodeid.startswith(SAMPLED):
        return False
    CASES[test] += 1
    return CASES[test] > MOST_FAST_CASES and CASES[test] % 4 != 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where workers share the tests, one begins with the browser's, the other with all else that is long.

    Each ends with short ones, of which whoever is ready first takes the other's: so that no world is made twice.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    of_room = [item for item in items if item.nodeid.startswith("tests/web/")]
    short = [item for item in items if item.nodeid.startswith(SHORT)]
    rest = [item for item in items if not item.nodeid.startswith(("tests/web/", *SHORT))]
    fills = max(0, len(items) // 2 - len(of_room))
    items[:] = [*of_room, *short[:fills], *rest, *short[fills:]]


def pytest_collection_finish() -> None:
    """Leave the collected tests and loaded modules out of every later search for garbage: they stay to the end."""
    gc.collect()
    gc.freeze()
    # A fork has no threads. It ends with a fault where it frees what belongs to one, such as a client of Kafka.
    os.register_at_fork(after_in_child=gc.freeze)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    with owned_by(request):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with owned_by(item):
        return (yield)
