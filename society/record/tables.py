"""The tables of a run directory: one place that names every column.

Every row of every table carries four leading columns, so any two tables can be joined and any row can be traced to its
world: `condition` (str: `normal`, `mute`, ..., `muted_from_birth`, `script:<name>`, or `training`), `seed`, `world`,
`tick` (int; -1 where there is none). A seat's private knowledge, spoken symbols and a scenario's own measures are
numbered or prefixed columns. Padding is -1 and exists on disk only; symbol 0 is silence.
"""

LEADING = ("condition", "seed", "world", "tick")

TABLES: dict[str, tuple[str, ...]] = {
    # One number of a training update. mind = -1: the whole population. Names such as reward, entropy.say, loss.value.
    "metrics": ("update", "agent_steps", "mind", "name", "value"),
    # One seat in one evaluated episode (a world that ends) or one evaluation horizon (a world that does not).
    # `return_` is the undiscounted sum of reward, `ticks` those in which the seat was active; then one column
    # `measure.<name>` for each sum that the scenario reports (bazaar: measure.eaten, measure.visits_own, ...).
    "episodes": ("episode", "seat", "mind", "role", "return_", "ticks"),
    # One message, silence included where the seat could have spoken. `life` is unique for a seat's life within its
    # world and episode. m0.. are the symbols as spoken, meaning0.. what the speaker alone knew (referential game: the target's
    # attributes).
    "messages": ("episode", "seat", "mind", "life"),
    # One deal. `seat` gave `gave_amount` of good `gave` to `partner` and got `got_amount` of good `got`.
    "trades": ("seat", "mind", "partner", "partner_mind", "gave", "gave_amount", "got", "got_amount"),
    # One strike that landed. `seat` took `amount` of `good` from `target`.
    "contests": ("seat", "mind", "target", "target_mind", "good", "amount"),
    # One negotiation that ended; `seat` moved first. `agreed` is 1 or 0, `rounds` what it took as the game counts them
    # (negotiation: moves, the accepting one among them; bargaining: a demand with its answer). A score is the utility that a
    # side got over the most it could have got alone (0 without a deal). Numbered columns tell the whole game where it has
    # one: pool0.. units on the table, value0.. and partner_value0.. utility of a unit to either side, share0.. what `seat`
    # got (its partner got the rest).
    "deals": ("episode", "seat", "mind", "partner", "partner_mind", "agreed", "rounds", "score", "partner_score"),
    # One turn of a negotiation: `seat` accepted what lay on the table (`accepted` 1) or demanded keep0.. for itself, which
    # is `demand` of the utility that it could get at most. `round` counts from 0.
    "offers": ("episode", "seat", "mind", "partner", "partner_mind", "round", "accepted", "demand"),
    # One seat's move in one round of a matrix game, and what its partner did at the same time. `cooperated` and
    # `partner_cooperated` are 1 or 0, or -1 in a game that has no such thing.
    "plays": (
        "episode",
        "seat",
        "mind",
        "partner",
        "partner_mind",
        "action",
        "partner_action",
        "cooperated",
        "partner_cooperated",
        "reward",
    ),
    # One listener's action probabilities a0.. under do(message of `speaker` = alternative `option`), whose probability
    # under the speaker's own policy in this state is `p_option`. Rows of one (world, tick, speaker, listener) are one
    # state. `silent` is 1 where the option is silence. `head` names the action head.
    "probes": ("speaker", "listener", "mind", "head", "option", "p_option", "silent"),
    # One mind: where it came from.
    "lineage": ("mind", "parent", "born_update", "frozen"),
    # What was said while learning, over the seats of one rollout: how often `symbol` (0: silence) stood at `position` of a
    # message whose speaker's `part`-th meaning had the value `meaning`. All minds together; a few moments of the training.
    "lexicon": ("update", "agent_steps", "part", "meaning", "position", "symbol", "count"),
    # Wall-clock figures, apart from everything that a seed determines.
    "timing": ("update", "agent_steps", "phase", "seconds", "agent_steps_per_second"),
}
