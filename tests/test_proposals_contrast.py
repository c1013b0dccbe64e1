from dataclasses import replace

import numpy as np
import pytest
from proposals_threads import uninsured
from scipy import stats

from groundswell.models.proposals.contrast import (
    alpha_for,
    contrast,
    design_effect,
    mantel_haenszel,
    sample_of,
)
from groundswell.models.proposals.patterns import find_patterns
from groundswell.models.proposals.search import run_tests
from groundswell.models.proposals.thread import Thread


def table(failed_in: int, spared_in: int, failed_out: int, spared_out: int) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    failed = [True] * failed_in + [False] * spared_in + [True] * failed_out + [False] * spared_out
    exposed = [True] * (failed_in + spared_in) + [False] * (failed_out + spared_out)
    return np.array(failed), np.array(exposed)


def test_the_test_statistic_is_the_mantel_haenszel_z() -> None:
    """Agresti 2002, Categorical Data Analysis, table 6.9, eight centres: chi-square 6.38, odds 2.13."""
    centres = [
        (11, 25, 10, 27),
        (16, 4, 22, 10),
        (14, 5, 7, 12),
        (2, 14, 1, 16),
        (6, 11, 0, 12),
        (1, 10, 0, 10),
        (1, 4, 1, 8),
        (4, 2, 6, 1),
    ]
    parts = [table(*counts) for counts in centres]
    failed = np.concatenate([part[0] for part in parts])
    exposed = np.concatenate([part[1] for part in parts])
    strata = np.repeat(np.arange(8), [sum(counts) for counts in centres])
    odds_ratio, z = mantel_haenszel(failed, exposed, strata)
    tables = [(a, a + b + c + d, a + c, a + b) for a, b, c, d in centres]
    surplus = sum(a - stats.hypergeom.mean(*margins) for a, *margins in tables)
    variance = sum(stats.hypergeom.var(*margins) for _, *margins in tables)
    assert surplus**2 / variance == pytest.approx(6.38, abs=0.01)
    assert z == pytest.approx(surplus / np.sqrt(variance))
    assert odds_ratio == pytest.approx(2.13, abs=0.1)


def test_strata_undo_a_difference_that_is_only_between_versions() -> None:
    """The old version fails more and shows the pattern more; inside each version it changes nothing."""
    old_failed, old_exposed = table(32, 8, 8, 2)
    new_failed, new_exposed = table(2, 8, 8, 32)
    failed, exposed = np.concatenate([old_failed, new_failed]), np.concatenate([old_exposed, new_exposed])
    pooled, split = np.zeros(100, dtype=np.int64), np.repeat(np.arange(2), 50)
    assert mantel_haenszel(failed, exposed, pooled)[1] > 3
    assert mantel_haenszel(failed, exposed, split)[1] == 0


def test_a_stratum_where_all_failed_says_nothing() -> None:
    failed, exposed = table(5, 0, 5, 0)
    assert mantel_haenszel(failed, exposed, np.zeros(10, dtype=np.int64)) == (1.0, 0.0)


def test_a_protective_pattern_has_a_negative_z() -> None:
    failed, exposed = table(2, 18, 18, 2)
    assert mantel_haenszel(failed, exposed, np.zeros(40, dtype=np.int64))[1] < -4


def test_clustering_costs_nothing_where_each_group_has_one_conversation() -> None:
    failed, exposed = table(10, 10, 10, 10)
    assert design_effect(failed, exposed, np.arange(40)) == 1.0


def test_groups_that_fail_as_one_count_as_one() -> None:
    """Ten groups of four with equal outcomes inside: the correlation is 1, the design effect 4."""
    groups = np.repeat(np.arange(10), 4)
    failed = groups % 2 == 0
    assert design_effect(failed, np.ones(40, dtype=np.bool_), groups) == pytest.approx(4.0)


def test_repeated_conversations_of_a_user_make_a_contrast_less_sure() -> None:
    alone = uninsured()
    grouped = [
        Thread(t.conversation_id, t.turns, t.failed, True, group=t.conversation_id[:-1]) for t in alone
    ]
    singles, clustered = (
        contrast(find_patterns(threads)[0], sample_of(threads)) for threads in (alone, grouped)
    )
    assert clustered.p > singles.p
    assert singles.groups == 19
    assert clustered.groups == 2


def test_the_alpha_is_an_error_budget_shared_by_the_candidates() -> None:
    assert alpha_for(200, 50) == pytest.approx(0.004)
    assert alpha_for(200, 1) == 0.02
    assert alpha_for(200, 0) == 0.02


def test_shuffled_outcomes_pass_no_look_more_than_once_in_a_thousand_conversations() -> None:
    rng = np.random.default_rng(7)
    threads = [
        replace(held, conversation_id=f"{copy}-{held.conversation_id}", user=f"{copy}-{held.user}")
        for copy in range(4)
        for held in uninsured()
    ]
    order = [threads[place] for place in rng.permutation(len(threads))]
    looks = [(40, None), (50, 10), (63, 13), (79, 16), (99, 20), (124, 25), (155, 31)]
    patterns = {size: find_patterns(order[:size]) for size, _ in looks}
    passed = 0
    for _ in range(100):
        failed = rng.permutation([bool(held.failed) for held in order])
        null = [replace(held, failed=bool(one)) for held, one in zip(order, failed, strict=True)]
        passed += len(
            {
                test.pattern.key
                for size, news in looks
                for test in run_tests(null[:size], patterns[size], news)
                if test.passed
            }
        )
    assert 1000 * passed / (100 * 155) < 1


def test_a_look_spends_what_the_new_conversations_have_earned() -> None:
    assert alpha_for(200, 20, news=40) == pytest.approx(0.006)
    assert alpha_for(200, 20, news=0) == 0
    assert alpha_for(200, 20, news=100) == alpha_for(200, 20) == pytest.approx(0.01)
