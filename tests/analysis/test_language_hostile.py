"""Whatever the table: a number with its interval or NaN with a reason, no exception, no warning; and honest p-values."""

import inspect
import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from society.analysis import corpus, golden, language_metrics  # noqa: F401  (it registers what is tested here)
from society.analysis import language as la
from society.analysis.corpus import lines, structure
from society.analysis.metrics import METRICS
from society.analysis.run import Reader
from society.record.tables import LEADING
from tests.analysis.conftest import DECLARED, FrameRun

SPEECH = [metric for metric in METRICS if {"messages", "probes"} & set(metric.needs) or metric.name == "cross_play"]
COLUMNS = (*LEADING[1:], "episode", "seat", "mind", "life", "m0", "m1", "meaning0", "meaning1", "meaning2")
PLAYED = (*LEADING[1:], "episode", "seat", "mind", "action", "partner_action", "role", "return_", "ticks")
PROBED = (*LEADING[1:], "speaker", "listener", "mind", "option", "p_option", "silent", "a0", "a1")


@pytest.fixture(scope="module", autouse=True)
def few_permutations():
    """Whether there is an answer does not hang on how often a null is drawn."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (lines, structure):
            patch.setattr(module, "PERMUTATIONS", 9)
        yield


@st.composite
def tables(draw, names, most=25):
    """A frame of up to `most` rows: columns may be missing, constant, empty, huge or hold what is no number."""
    kept = draw(st.lists(st.sampled_from(names), unique=True, min_size=len(names) - 2))
    n = draw(st.integers(0, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frame = {"condition": np.array(["normal"] * n, dtype=object)}
    for name in kept:
        kind = draw(st.sampled_from(["few", "few", "few", "many", "constant", "nan", "holes", "huge", "words"]))
        values = rng.integers(-1, 3, n).astype(float)
        if kind in ("many", "huge"):
            values = rng.integers(-1, 40, n) * (1e300 if kind == "huge" else 1.0)
        elif kind == "constant":
            values = np.full(n, float(rng.integers(-1, 3)))
        elif kind in ("nan", "holes"):
            values[rng.random(n) < (1.0 if kind == "nan" else 0.3)] = np.nan
        frame[name] = values if kind != "words" else np.array([str(v) for v in values], dtype=object)
    return pd.DataFrame(frame)


@settings(max_examples=40, deadline=None)
@given(tables(COLUMNS), tables(PLAYED), tables(PROBED))
def test_any_table_gives_numbers_or_reasons(messages, played, probed):
    twins = pd.concat([played, played.assign(condition="mute")])
    run = FrameRun({"messages": messages, "episodes": twins, "plays": played, "probes": probed}, DECLARED)
    reader = Reader(run)
    assert len(SPEECH) >= 12
    for metric in SPEECH:
        for line in metric(reader):
            assert not line.reason.startswith("failed"), (metric.name, line.reason)
            assert math.isfinite(line.value) or line.reason, metric.name
            assert line.reason or (line.ci_low <= line.value + 1e-9 and line.value - 1e-9 <= line.ci_high), metric.name


ARRAYS = hnp.arrays(np.int64, st.tuples(st.integers(0, 12), st.integers(0, 4)), elements=st.integers(-2, 3))


@settings(max_examples=40, deadline=None)
@given(ARRAYS, ARRAYS)
def test_any_arrays_give_numbers_in_range_or_nan(meanings, messages):
    n = min(len(meanings), len(messages))
    a, m = meanings[:n], messages[:n]
    for measure in (la.posdis, la.bosdis, la.context_independence):
        value = measure(a, m)
        assert math.isnan(value) or -1e-9 <= value <= 1 + 1e-9
    for measure in (la.topographic_similarity, la.abbreviation):
        value = measure(a, m) if measure is la.topographic_similarity else measure(m)
        assert math.isnan(value) or -1 - 1e-9 <= value <= 1 + 1e-9
    for value in (la.tree_reconstruction_error(a, m), la.synonymy(a, m), la.homonymy(a, m), la.message_entropy(m)):
        assert math.isnan(value) or value >= 0
    assert la.mutual_information(a, m) <= 4 or math.isnan(la.mutual_information(a, m))
    found = corpus.describe(corpus.Corpus(la.rows(a), la.rows(m)))
    assert all(math.isfinite(line.value) or line.reason for line in found)


def test_every_public_measure_has_a_source_or_says_what_it_is():
    for name in la.__all__:
        assert (inspect.getdoc(getattr(la, name)) or "") or name == "Integers", name


@pytest.mark.parametrize("bad", [[[0.5]], [["a"]], [[1e30]]])
def test_what_is_no_integer_is_said_in_a_line(bad):
    with pytest.raises(ValueError, match="arrays of integers"):
        la.message_entropy(bad)
    assert la.message_entropy([[np.nan], [1.0]]) == 1.0  # what is missing is padding


@pytest.mark.parametrize(
    "measure", [la.posdis, la.synonymy, la.homonymy, la.tree_reconstruction_error, la.topographic_similarity]
)
def test_unequal_lengths_are_said_in_a_line(measure):
    with pytest.raises(ValueError, match="meanings and messages differ in number: 2 and 3"):
        measure(np.zeros((2, 2)), np.zeros((3, 2)))


def test_pairs_of_tokens_are_no_evidence_and_the_naive_test_says_they_are():
    """200 random languages of 8 types with 5 tokens each: 8 % or fewer significant here, most by the p of all pairs."""
    ours, naive = [], []
    upper = np.triu_indices(40, 1)
    for seed in range(200):
        meanings, messages = golden.clustered(2, 4, 3, 4, types=8, tokens=5, seed=seed)
        ours.append(la.topographic_similarity_test(meanings, messages, permutations=199, seed=seed).p)
        near, far = la.hamming_distances(meanings)[upper], la.edit_distances(messages)[upper]
        naive.append(stats.spearmanr(near, far).pvalue)
    assert np.mean(np.array(ours) <= 0.05) <= 0.08
    assert np.mean(np.array(naive) <= 0.05) > 0.9


def test_independent_variables_share_nothing_although_the_plug_in_says_three_bits():
    rng = np.random.default_rng(0)
    found = la.mutual_information_test(rng.integers(0, 100, 1000), rng.integers(0, 100, 1000), seed=1)
    assert found.value > 3 and abs(found.value - found.null_mean) < 0.06 and found.p > 0.01


def peak(n, measure):
    """Bytes that a measure allocates at most on n distinct messages of length 8."""
    rng = np.random.default_rng(0)
    meanings, messages = rng.integers(0, 10, (n, 4)), rng.integers(0, 20, (n, 8))
    tracemalloc.start()
    measure(meanings, messages)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return size


def test_memory_grows_with_the_square_of_the_messages_and_no_faster():
    def similarity(a, m):
        la.topographic_similarity_test(a, m, permutations=2)

    assert peak(800, similarity) < 5.5 * peak(400, similarity)  # 4 is the square
    for measure in (la.posdis, la.bosdis, la.context_independence, la.homonymy, la.mutual_information):
        assert peak(800, measure) < 3.5 * peak(400, measure), measure.__name__


@pytest.mark.parametrize("make", [golden.holistic, golden.babble])
def test_one_description_is_every_description(make):
    data = corpus.Corpus(*(make(2, 4, 3, 0) if make is golden.holistic else make(2, 4, 3, 4, 0)))
    assert repr(list(corpus.describe(data))) == repr(list(corpus.describe(data)))
