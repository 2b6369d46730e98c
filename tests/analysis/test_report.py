import json
import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from conftest import DECLARED, FrameRun, bazaar, episodes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from scipy import stats

from society.analysis import language
from society.analysis.declared import Declared
from society.analysis.estimate import Estimate
from society.analysis.language import topographic_similarity
from society.analysis.language_metrics import topographic_similarity as topographic_similarity_lines
from society.analysis.market_metrics import trade_rate
from society.analysis.outcome_metrics import inequality
from society.analysis.report import as_json, build, figure, pool, render
from society.analysis.run import Reader

ACCURACY = {
    "headline": {
        "name": "accuracy",
        "measure": "correct",
        "per": "episode",
        "unit": "share",
        "rows": {"measure.listener": 1},
        "splits": {"held_out": "measure.held_out"},
    },
    "chance": 0.25,
    "primary": ["worth_over_muted_from_birth.accuracy.held_out"],
}


def by_name(report):
    return {(line.metric, line.condition): line for line in report}


def test_the_headline_in_every_condition(run):
    found = by_name(build(run))
    values = {c: line.value for (m, c), line in found.items() if m == "welfare"}
    assert values == pytest.approx(
        {
            "normal": 30,
            "mute": 20,
            "content_from_birth": 10,
            "tradeless_from_birth": 10,
            "script:autarky": 10,
            "script:random": 2 / 3,
            "script:trader": 50,
        }
    )
    normal = found["welfare", "normal"]
    assert (normal.n, normal.null, normal.unit) == (3, 1.4, "pairs per seat and 100 ticks")
    assert normal.ci_low == pytest.approx(20) and normal.ci_high == pytest.approx(40)  # the extremes of three worlds


def test_an_effect_is_paired_by_world(run):
    shuffled = run.tables["episodes"].sample(frac=1, random_state=1)
    found = by_name(build(FrameRun({"episodes": shuffled})))
    effect, share = found["effect_of_mute.welfare", "mute"], found["effect_of_mute.welfare.share", "mute"]
    assert (effect.value, effect.ci_low, effect.ci_high) == pytest.approx((-10, -10, -10)) and effect.n == 3
    assert share.value == pytest.approx(-1 / 3) and share.ci_low == pytest.approx(-1 / 2)  # worlds of 20 only: -10 / 20


def test_where_the_headline_lies_between_the_references(run):
    assert by_name(build(run))["relative.welfare", "normal"].value == pytest.approx((30 - 10) / (50 - 10))


def test_worth_needs_several_runs(run):
    line = by_name(build(run))["worth_over_content_from_birth.welfare", "content_from_birth"]
    assert line.value == pytest.approx(20) and math.isnan(line.ci_low) and line.primary
    assert line.reason == "one training run: a t-interval needs two or more"


def test_measures_rates_and_inequality(run):
    found = {metric: line for (metric, condition), line in by_name(build(run)).items() if condition == "normal"}
    assert (found["specialisation"].value, found["specialisation"].null) == (0.75, 0.75)
    assert found["gini.welfare"].value == pytest.approx(0.5)  # one of two seats has it all
    assert found["trade_rate"].value == pytest.approx(100 * 3 / 20 / 3)  # 3 deals in one of 3 worlds of 20 seat-ticks
    assert found["strike_rate"].value == pytest.approx(100 * 1 / 20 / 3)
    assert found["goods_taken"].value == pytest.approx(100 * 4 / 20 / 3)


def test_throughput_is_total_steps_over_total_time(run):
    assert by_name(build(run))["throughput", "training"].value == pytest.approx((200 * 1 + 100 * 3) / 4)


def test_language(run):
    found = {metric: line for (metric, condition), line in by_name(build(run)).items() if condition == "normal"}
    assert found["topographic_similarity"].value == pytest.approx(1.0) and found["topographic_similarity"].n == 9
    assert abs(found["topographic_similarity"].null) < 0.05 and found["topographic_similarity"].p < 0.01
    assert found["message_entropy"].value == pytest.approx(math.log2(9))
    assert 0 < found["mutual_information"].value < math.log2(9) and found["mutual_information"].n == 18
    assert found["cic"].value == pytest.approx(math.log(2) / 2)  # one world copies, one is deaf
    assert found["positive_listening"].value == pytest.approx(np.mean([0.5 * 2, 0]))
    assert found["positive_signalling"].value == pytest.approx(0.0, abs=1e-12)


def test_each_mind_has_a_language_of_its_own(run):
    """One mind's language is in perfect order, the other's in none: the answer is their mean, not the mixture's."""
    first = run.tables["messages"].iloc[:9]
    word = np.random.default_rng(2).permutation(9)
    second = first.assign(mind=1, seat=1, m0=word // 3 + 1, m1=word % 3 + 4)
    run.tables["messages"] = pd.concat([first, second])
    line = by_name(build(run))["topographic_similarity", "normal"]
    other = topographic_similarity(second[["meaning0", "meaning1"]], second[["m0", "m1"]])
    assert line.value == pytest.approx((1.0 + other) / 2, abs=1e-6) and line.n == 9


def spoken_by(minds, meanings, messages):
    """Rows of `messages`: every mind says each meaning once, in an order of its own; messages [minds, U, L]."""
    parts = []
    for mind in range(minds):
        order = np.random.default_rng(mind).permutation(len(meanings))
        part = pd.DataFrame({"condition": "normal", "seed": 0, "world": 0, "tick": order, "episode": 0}, index=order)
        said, meant = messages[mind][order], meanings[order]
        part = part.assign(seat=mind, mind=mind, life=order, m0=said[:, 0], m1=said[:, 1])
        parts.append(part.assign(meaning0=meant[:, 0], meaning1=meant[:, 1]))
    return pd.concat(parts, ignore_index=True)


def test_a_language_that_minds_share_is_one_language(monkeypatch):
    """Eight minds share one random language of 25 meanings: one draw in twenty may look compositional."""
    monkeypatch.setattr(language, "shared_similarity_test", partial(language.shared_similarity_test, permutations=99))
    meanings = np.array([(i, j) for i in range(5) for j in range(5)])
    found = []
    for seed in range(60):
        messages = np.random.default_rng(seed).integers(1, 6, (25, 2))
        rows = FrameRun({"messages": spoken_by(8, meanings, [messages] * 8)})
        found += list(topographic_similarity_lines(Reader(rows)))
    assert all(line.n == 25 and not line.reason for line in found)
    assert np.mean([line.p <= 0.05 for line in found]) <= 0.12


def test_minds_are_compared_on_the_meanings_that_all_of_them_speak_of():
    meanings = np.array([(i, j) for i in range(3) for j in range(3)])
    frame = spoken_by(2, meanings, [meanings + 1] * 2)
    found = by_name(build(FrameRun({"messages": frame.drop(index=[0, 1, 12])})))["topographic_similarity", "normal"]
    assert found.n in (6, 7) and found.value == pytest.approx(1.0, abs=1e-6)
    apart = frame[(frame["mind"] == 0) == (frame["meaning0"] == 0)]
    lost = by_name(build(FrameRun({"messages": apart})))["topographic_similarity", "normal"]
    assert math.isnan(lost.value) and lost.reason == "fewer than three meanings that every mind speaks of"


def test_a_mind_that_never_knows_anything_has_no_say_in_it():
    meanings = np.array([(i, j) for i in range(3) for j in range(3)])
    frame = spoken_by(2, meanings, [meanings + 1] * 2)
    frame.loc[frame["mind"] == 1, ["meaning0", "meaning1"]] = -1
    assert by_name(build(FrameRun({"messages": frame})))["topographic_similarity", "normal"].n == 9


def test_a_speaker_whose_word_depends_on_its_state_signals(run):
    run.tables["probes"]["p_option"] = [1.0, 0.0, 0.0, 1.0]
    assert by_name(build(run))["positive_signalling", "normal"].value == pytest.approx(math.log(2))


def test_worlds_and_numbers_that_are_missing_are_left_out(run):
    frame = run.tables["episodes"]
    frame = frame[~((frame["condition"] == "mute") & (frame["world"] == 2))].copy()
    frame.loc[(frame["condition"] == "normal") & (frame["world"] == 1), "measure.eaten"] = np.inf
    found = by_name(build(FrameRun({"episodes": frame})))
    assert (found["welfare", "normal"].value, found["welfare", "normal"].n) == (pytest.approx(25), 2)
    effect = found["effect_of_mute.welfare", "mute"]
    assert (effect.value, effect.n, effect.reason) == (pytest.approx(-10), 1, "one replicate: no interval")


def test_anchors_that_do_not_fit_go_onto_the_next_line(run):
    name = "welfare_of_everyone_who_took_part_in_the_market"
    declared = {**DECLARED, "headline": {**DECLARED["headline"], "name": name}}
    text = render(build(FrameRun(run.tables, declared)), Declared.from_json(declared)).splitlines()
    line = next(i for i, row in enumerate(text) if row.startswith(f"{name} "))
    assert text[line + 1] == "      chance 1.4, autarky 10, trader 50" and max(map(len, text)) <= 120


def test_noise_around_a_word_is_no_compositionality(run):
    """Nine unrelated words, each with a rare slip of the tongue: like meanings do not have like messages."""
    rng, found = np.random.default_rng(0), []
    first = run.tables["messages"].iloc[:9]
    for _ in range(20):
        word = rng.permutation(9)
        said = first.assign(m0=word // 3 + 1, m1=word % 3 + 1)
        slips = said.assign(m1=9)
        run.tables["messages"] = pd.concat([said] * 5 + [slips])
        found.append(
            by_name(build(FrameRun({"messages": run.tables["messages"]})))["topographic_similarity", "normal"].p
        )
    assert np.mean(np.array(found) < 0.05) < 0.25


def test_rows_without_a_meaning_are_not_about_anything(run):
    listener = run.tables["messages"].assign(seat=1, meaning0=-1, meaning1=-1, m0=1)
    both = FrameRun({"messages": pd.concat([run.tables["messages"], listener])})
    assert by_name(build(both))["mutual_information", "normal"].n == 18


def test_lives_of_two_episodes_are_two_lives(run):
    """`life` counts from 0 in every episode."""
    first, second = run.tables["messages"].iloc[:9], run.tables["messages"].iloc[9:].assign(episode=1)
    both = pd.concat([first, second.assign(life=first["life"].to_numpy())])
    assert by_name(build(FrameRun({"messages": both})))["mutual_information", "normal"].n == 18


def test_speaking_and_silence_are_told_apart_from_the_words():
    """Forty lives: who means 1 speaks and who means 0 is silent, in words that tell nothing."""
    rng, meaning = np.random.default_rng(0), np.arange(40) % 2
    lead = {"condition": "normal", "seed": 0, "world": 0, "tick": 0, "episode": 0, "seat": 0, "mind": 0}
    frame = pd.DataFrame({"life": np.arange(40), "m0": meaning * rng.integers(1, 4, 40), "meaning0": meaning})
    found = by_name(build(FrameRun({"messages": frame.assign(**lead)})))["mutual_information.speaking", "normal"]
    assert found.value == pytest.approx(1.0, abs=0.05) and found.p == 0.01 and found.n == 40 and found.unit == "bits"
    talkative = frame.assign(**lead, m0=meaning + 1)
    lines = by_name(build(FrameRun({"messages": talkative})))
    assert lines["mutual_information.speaking", "normal"].reason == "every message says something"
    assert lines["mutual_information", "normal"].value > 0.9


def test_the_entropy_of_messages_is_over_worlds(run):
    """Three worlds; one of them says two words, so that the interval is wide and holds the value."""
    frame = run.tables["messages"].assign(world=np.arange(18) % 3, m0=1, m1=1)
    frame.loc[frame["world"] == 0, "m0"] = np.arange(6) % 2
    found = by_name(build(FrameRun({"messages": frame})))["message_entropy", "normal"]
    assert found.n == 3 and found.value == pytest.approx(stats.entropy([3, 15], base=2))
    assert 0 <= found.ci_low < found.value < found.ci_high
    alone = by_name(build(run))["message_entropy", "normal"]
    assert alone.n == 1 and math.isnan(alone.ci_low) and alone.reason.startswith("one replicate: no interval")


def test_minds_with_a_word_each_do_not_signal_what_they_see(run):
    """Two minds, each of which always says its own word: who speaks is heard, what is seen is not."""
    first = run.tables["probes"].assign(p_option=[1.0, 0.0, 1.0, 0.0])
    second = first.assign(speaker=1, listener=0, p_option=[0.0, 1.0, 0.0, 1.0])
    run.tables["probes"] = pd.concat([first, second])
    run.tables["episodes"]["mind"] = run.tables["episodes"]["seat"]
    found = by_name(build(run))["positive_signalling", "normal"]
    assert found.value == pytest.approx(0.0, abs=1e-12) and found.n == 2
    run.tables["probes"] = pd.concat([first, second.assign(p_option=[0.0, 1.0, 1.0, 0.0])])
    assert by_name(build(run))["positive_signalling", "normal"].value == pytest.approx(math.log(2) / 2)


PROBED = ("cic", "positive_listening", "positive_signalling")


@pytest.mark.parametrize("metric", PROBED)
def test_what_cannot_be_below_zero_has_no_null_of_zero(run, metric):
    line = by_name(build(run))[metric, "normal"]
    assert math.isfinite(line.value) and math.isnan(line.null) and line.reason == "no null: read beside effect_of_mute"
    pooled = by_name(pool([run, bazaar(1)]))[metric, "normal"]
    assert math.isnan(pooled.null) and pooled.reason == line.reason


@pytest.mark.parametrize("channel, told", [({"latency": 2}, "channel.latency"), ({"noise": 0.1}, "channel.noise")])
def test_probes_do_not_hold_where_words_come_late_or_change_on_the_way(run, channel, told):
    run.config["channel"] = {"latency": 1, "noise": 0.0, **channel}
    lines = by_name(build(run))
    assert all(math.isnan(lines[metric, "normal"].value) for metric in PROBED)
    assert all(told in lines[metric, "normal"].reason for metric in PROBED)


def game(condition, train, held_out):
    """20 listeners and 20 speakers in each of two worlds; shares of the listeners are right."""
    frame = pd.concat([episodes(condition, [0.0] * 2, seats=40)])
    listener = frame["seat"] < 20
    new = frame["seat"] % 2 == 1
    right = frame["seat"] < 20 * np.where(new, held_out, train)
    return frame.assign(
        **{
            "measure.listener": listener.astype(int),
            "measure.held_out": new.astype(int),
            "measure.correct": (right & listener).astype(float),
        }
    )


def test_rows_and_splits():
    control = FrameRun({"episodes": game("muted_from_birth", 0.2, 0.2)})
    run = FrameRun({"episodes": game("normal", 1.0, 0.4)}, ACCURACY, {"muted_from_birth": control})
    found = by_name(build(run))
    assert found["accuracy", "normal"].value == pytest.approx(0.7)
    assert found["accuracy.train", "normal"].value == pytest.approx(1.0)
    assert found["accuracy.held_out", "normal"].value == pytest.approx(0.4)
    worth = found["worth_over_muted_from_birth.accuracy.held_out", "muted_from_birth"]
    assert worth.value == pytest.approx(0.2) and worth.primary
    assert ("worth_over_muted_from_birth.accuracy.train", "muted_from_birth") not in found


def test_a_primary_contrast_that_was_not_run_is_shown_as_a_miss():
    lines = [line for line in build(FrameRun({"episodes": episodes("normal", [0.1, 0.2])})) if line.primary]
    assert [line.metric for line in lines] == DECLARED["primary"]
    assert all(math.isnan(line.value) and line.reason.endswith("was not grown; add --controls all") for line in lines)
    declared = {**DECLARED, "primary": ["effect_of_mute.welfare"]}
    line = next(line for line in build(FrameRun({"episodes": episodes("normal", [0.1])}, declared)) if line.primary)
    assert line.reason == "mute was not played; add it to evaluation.conditions"


WORLDS = [(0.2, 0.4, 0.3), (0.3, 0.4, 0.3), (0.1, 0.5, 0.4), (0.5, 0.4, 0.3)]


def test_pooling_is_a_t_interval_over_runs():
    runs = [bazaar(seed, normal=w) for seed, w in enumerate(WORLDS)]
    found = by_name(pool(runs))
    each = [100 * np.mean(w) - 10 for w in WORLDS]
    theirs = stats.ttest_1samp(each, 0)
    line = found["worth_over_content_from_birth.welfare", "content_from_birth"]
    bounds = theirs.confidence_interval()
    assert (line.value, line.ci_low, line.ci_high) == pytest.approx((np.mean(each), bounds.low, bounds.high))
    assert line.n == 4 and line.p == pytest.approx(2 * theirs.pvalue) and line.primary  # Holm over two equal p-values
    effect = found["effect_of_mute.welfare", "mute"]
    lost = stats.ttest_1samp([20 - 100 * np.mean(w) for w in WORLDS], 0)
    assert effect.p == pytest.approx(lost.pvalue) and not effect.primary


def test_reports_pool_like_runs():
    runs = [bazaar(seed, normal=w) for seed, w in enumerate(WORLDS)]
    reports = [[line.as_dict() for line in pool(given)] for given in (runs, [build(run) for run in runs])]
    assert reports[0] == reports[1]


def test_a_run_that_lacks_a_value_is_counted_as_missing():
    whole, silent = bazaar(0), bazaar(1)
    del silent.tables["messages"]
    line = by_name(pool([whole, silent]))["message_entropy", "normal"]
    assert line.n == 1 and line.reason == "missing in 1 of 2 runs: table messages has no row of condition normal"


def test_a_contrast_that_some_runs_lack_has_a_mean_and_is_a_miss():
    runs = [bazaar(seed, normal=w) for seed, w in enumerate(WORLDS)]
    del runs[3].controls["content_from_birth"]
    found = by_name(pool(runs))
    line = found["worth_over_content_from_birth.welfare", "content_from_birth"]
    assert line.value == pytest.approx(np.mean([100 * np.mean(w) - 10 for w in WORLDS[:3]])) and line.n == 3
    assert math.isnan(line.ci_low) and math.isnan(line.ci_high) and math.isnan(line.p) and line.primary
    assert line.reason == "missing in 1 of 4 runs: content_from_birth was not grown; add --controls all"
    other = found["worth_over_tradeless_from_birth.welfare", "tradeless_from_birth"]
    assert other.p == pytest.approx(2 * stats.ttest_1samp([100 * np.mean(w) - 10 for w in WORLDS], 0).pvalue)


def test_runs_that_differ_in_more_than_the_seed_do_not_pool():
    runs = [bazaar(seed) for seed in range(2)]
    for run, mark in zip(runs, ("aaa", "bbb"), strict=True):
        run.meta["fingerprint"] = mark
    with pytest.raises(ValueError, match=r"differ in more than the seed cannot be pooled.*aaa, bbb") as error:
        pool(runs)
    assert "\n" not in str(error.value)
    runs[1].meta["fingerprint"] = "aaa"
    assert by_name(pool(runs))["welfare", "normal"].n == 2


def test_runs_of_one_seed_are_not_independent():
    line = by_name(pool([bazaar(3), bazaar(3, normal=(0.1, 0.2, 0.3))]))["welfare", "normal"]
    assert line.value == pytest.approx(25) and math.isnan(line.ci_low) and "seed 3" in line.reason


def test_runs_of_different_scenarios_do_not_pool():
    with pytest.raises(ValueError, match="cannot be pooled"):
        pool([bazaar(0), FrameRun({}, ACCURACY, seed=1)])


def test_the_text_shows_anchors_and_reasons_on_120_columns(run):
    text = render(build(run), Declared.from_json(DECLARED))
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120 and text.isascii()
    headline = next(line for line in lines if line.startswith("welfare  "))
    assert "30.00" in headline and "chance 1.4, autarky 10, trader 50" in headline
    primary = next(i for i, line in enumerate(lines) if line.startswith("worth_over_content_from_birth.welfare"))
    assert lines[primary + 1].strip() == "why: one training run: a t-interval needs two or more"
    assert lines.index(next(line for line in lines if line.startswith("EXPLORATORY"))) > primary


def test_the_text_says_what_n_counts(run):
    head = render(build(run), Declared.from_json(DECLARED)).partition("====")[0]
    words = " ".join(head.split())
    assert "n counts runs where several are pooled" in words and "in a report of one run it counts worlds" in words
    assert "lives for mutual information" in words and "meanings for topographic similarity" in words


def test_json_has_no_nan(run):
    document = json.loads(json.dumps(as_json(build(run), ["a"], 1.5), allow_nan=False))
    assert document["runs"] == ["a"] and document["seconds"] == 1.5
    keys = {"metric", "condition", "value", "ci_low", "ci_high", "null", "n", "unit", "reason"}
    assert all(keys <= set(line) for line in document["estimates"])


@pytest.mark.parametrize(
    "value, text",
    [(0.0, "0"), (9.99996, "10.00"), (-0.12345, "-0.1235"), (1234.5, "1234"), (98765.4, "98,770"), (1e-9, "1.00e-09")],
)
def test_figures(value, text):
    assert figure(value) == text


def test_a_malformed_declaration_is_one_line():
    with pytest.raises(ValueError, match=r"declared\.headline: missing"):
        build(FrameRun({}, {}))


def whole(report: list[Estimate]):
    """Nothing failed, and what is not there says why."""
    for line in report:
        assert not line.reason.startswith("failed"), line
        assert math.isfinite(line.value) or line.reason, line
        assert not math.isinf(line.ci_low) and not math.isinf(line.ci_high), line
        assert math.isnan(line.p) or 0 < line.p <= 1, line


OTHER = build(bazaar(1))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(some.data())
def test_no_table_is_too_poor(data):
    """Empty tables, a single row, lost columns, constants, nothing but NaN, repeated rows, text for numbers."""
    run = bazaar()
    for name in list(run.tables):
        harm = data.draw(
            some.sampled_from(["none", "gone", "empty", "one", "column", "constant", "nan", "twice", "text"])
        )
        frame = run.tables[name]
        column = data.draw(some.sampled_from([c for c in frame.columns if c != "condition"]))
        changed = {
            "none": lambda f: f,
            "gone": lambda f: None,
            "empty": lambda f: f.iloc[:0],
            "one": lambda f: f.iloc[:1],
            "column": lambda f, c=column: f.drop(columns=c),
            "constant": lambda f, c=column: f.assign(**{c: 0}),
            "nan": lambda f, c=column: f.assign(**{c: np.nan}),
            "twice": lambda f: pd.concat([f, f]),
            "text": lambda f, c=column: f.assign(**{c: "x"}),
        }[harm](frame)
        if changed is None:
            del run.tables[name]
        else:
            run.tables[name] = changed
    report = build(run)
    whole(report)
    whole(pool([report, OTHER]))
    assert max(map(len, render(report, Declared.from_json(DECLARED)).splitlines())) <= 120


def test_rates_are_over_the_worlds_whose_events_were_recorded(run):
    run.config = {**run.config, "evaluation": {"recorded_worlds": 2}}
    line = by_name(build(run))["trade_rate", "normal"]
    assert line.n == 2 and line.value == pytest.approx(100 * 3 / 20 / 2)


def test_no_rate_where_no_events_were_recorded(run):
    run.config = {**run.config, "evaluation": {"recorded_worlds": 0}}
    assert by_name(build(run))["trade_rate", "normal"].reason == "no world's events were recorded"


def test_render_gathers_what_has_no_value_by_its_reason():
    lines = [Estimate.missing(f"metric{i}", "normal", "table trades has no row") for i in range(3)]
    lines += [Estimate.missing("other", "mute", "silence"), Estimate("there", "normal", 1.0, 0.5, 1.5, n=3)]
    text = render(lines, Declared.from_json(DECLARED))
    assert text.count("table trades has no row") == 1 and "metric0, metric1, metric2" in text
    assert "other (mute)" in text and text.index("there") < text.index("NO VALUE")
    assert "NO VALUE" not in render(lines[-1:], Declared.from_json(DECLARED))


def test_every_value_stands_beside_a_null_or_says_why_there_is_none(run):
    told = [line for line in build(run) if math.isfinite(line.value) and line.metric != "throughput"]
    assert told and all(math.isfinite(line.null) or "no null" in line.reason for line in told)


def test_inequality_and_trade_are_held_against_random_play(run):
    """What random play does is the null, and without any there is a reason."""
    script, name = "script:random", "gini." + run.meta["declared"]["headline"]["name"]
    none = {table: frame[frame["condition"] != script] for table, frame in run.tables.items()}
    same = {t: pd.concat([f, f[f["condition"] == "normal"].assign(condition=script)]) for t, f in none.items()}
    for metric, line in ((trade_rate, "trade_rate"), (inequality, name)):
        found, alone = (by_name(metric(Reader(FrameRun(t, run.meta["declared"]))))[line, "normal"] for t in (same, none))
        assert found.null == pytest.approx(found.value)
        assert math.isnan(alone.null) and "no random script" in alone.reason and alone.value == found.value
