"""Plain metric functions on what is no data: NaN, or ValueError in one line; no other exception, no warning, no endless loop."""

import numpy as np
import pytest

from society.analysis import bootstrap, competition, cooperation, games, language, negotiation, network, permutation, student
from society.analysis.language import influence
from society.analysis.language.arrays import rows
from society.analysis.replicates import real

BAD = {
    "complex": np.array([1j, 2]),
    "objects": np.array([object(), None], dtype=object),
    "words": ["a", "b"],
    "ragged": [[1], [2, 3]],
    "no float": [10**400, 1],
    "no array": 3,
    "nothing": None,
    "infinite": np.array([np.inf, -np.inf, 1.0]),
    "overflowing": np.array([[1e308, 1e308], [-1e308, 1e308]]),
    "empty": [],
}
FUNCTIONS = {
    "rows": rows,
    "posdis": lambda v: language.posdis(v, v),
    "topographic_similarity": lambda v: language.topographic_similarity(v, v),
    "positive_signalling": influence.positive_signalling,
    "positive_listening": lambda v: influence.positive_listening(v, v, v),
    "cic": lambda v: influence.cic(v, v),
    "bootstrap_mean": lambda v: bootstrap.bootstrap_mean(v, 0),
    "t_interval": student.t_interval,
    "holm": permutation.holm,
    "jain": negotiation.jain,
    "concession_curve": lambda v: negotiation.concession_curve(v, v, v, 0),
    "equality": cooperation.equality,
    "sanction_rate": lambda v: cooperation.sanction_rate(v, v, 0),
    "answers": lambda v: cooperation.answers(v, v, v),
    "elo": lambda v: competition.elo(v, v, v, 2),
    "bradley_terry": competition.bradley_terry,
    "network reciprocity": network.reciprocity,
    "matrix_tree": games.matrix_tree,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_what_is_no_data_is_an_answer_or_one_line(function, value):
    try:
        function(value)
    except ValueError as error:
        assert "\n" not in str(error)


def test_numbers_that_overflow_are_missing_and_others_stay():
    found = real([[1.0, -np.inf], [1e300, np.nan]])
    assert found[0, 0] == 1.0 and np.isnan(found.ravel()[1:]).all() and found.shape == (2, 2)
    assert real([0.0, -1e74]).tolist() == [0.0, -1e74]


def test_a_turn_beyond_any_episode_is_no_turn():
    curve = negotiation.concession_curve([0, 1e15], [0.5, 0.5], [0, 0], 0)  # a list that long would not fit
    assert len(curve) == 1 and curve[0].value == 0.5


def test_elo_passes_over_players_that_are_not_there():
    odd = competition.elo([0, -1, 7, np.nan, 0], [1, 0, 0, 1, 1], [1, 1, 1, 1, np.nan], 2)
    assert odd.tolist() == competition.elo([0], [1], [1], 2).tolist()
