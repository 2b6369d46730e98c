"""Does a language carry meaning, and how: measures on plain arrays.

`meanings` [N, K] are integers, K attributes of what the speaker knew; `messages` [N, L] are integers, -1 padding.
Degenerate input (no row, one item, a constant language, one attribute where two are compared) gives NaN.
The `..._test` functions return a `Permuted`, with the permutation null and, for NaN, the reason. What each measures and
when it lies is told in docs/language.md.
"""

from society.analysis.language.abbreviation import abbreviation, abbreviation_interval, abbreviation_test
from society.analysis.language.arrays import Integers, codes, entropy, rows
from society.analysis.language.crossplay import CrossPlay, cross_play
from society.analysis.language.dialects import contact_groups, group_similarity
from society.analysis.language.disentanglement import bosdis, context_independence, posdis
from society.analysis.language.distance import (
    edit_distances,
    edit_distances_of_pairs,
    hamming_distances,
    meaning_distances,
    message_distances,
    ordinal_distances,
)
from society.analysis.language.entropies import (
    homonymy,
    message_entropy,
    messages_per_meaning,
    ngram_entropy,
    synonymy,
)
from society.analysis.language.influence import (
    cic,
    cic_by_state,
    positive_listening,
    positive_listening_by_state,
    positive_signalling,
)
from society.analysis.language.information import (
    instantaneous_coordination,
    mutual_information,
    mutual_information_test,
    shuffled_information,
    speaker_consistency,
)
from society.analysis.language.learning import ease_of_teaching, generalisation_gap
from society.analysis.language.similarity import language_similarity, similarities
from society.analysis.language.topography import (
    modal_messages,
    shared_similarity_interval,
    shared_similarity_test,
    topographic_similarity,
    topographic_similarity_test,
)
from society.analysis.language.tree import (
    tree_reconstruction,
    tree_reconstruction_error,
    tree_reconstruction_test,
)

__all__ = [
    "CrossPlay",
    "Integers",
    "abbreviation",
    "abbreviation_interval",
    "abbreviation_test",
    "bosdis",
    "cic",
    "cic_by_state",
    "codes",
    "contact_groups",
    "context_independence",
    "cross_play",
    "ease_of_teaching",
    "edit_distances",
    "edit_distances_of_pairs",
    "entropy",
    "generalisation_gap",
    "group_similarity",
    "hamming_distances",
    "homonymy",
    "instantaneous_coordination",
    "language_similarity",
    "meaning_distances",
    "message_distances",
    "message_entropy",
    "messages_per_meaning",
    "modal_messages",
    "mutual_information",
    "mutual_information_test",
    "ngram_entropy",
    "ordinal_distances",
    "posdis",
    "positive_listening",
    "positive_listening_by_state",
    "positive_signalling",
    "rows",
    "shared_similarity_interval",
    "shared_similarity_test",
    "shuffled_information",
    "similarities",
    "speaker_consistency",
    "synonymy",
    "topographic_similarity",
    "topographic_similarity_test",
    "tree_reconstruction",
    "tree_reconstruction_error",
    "tree_reconstruction_test",
]
