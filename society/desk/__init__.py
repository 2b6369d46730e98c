"""The desk: what needs a trained mind at work, asked and answered through files (`society.record.letters`).

A process of its own (`python -m society.desk ROOT`) answers questions about runs in a folder by playing their evaluation
again; another (`python -m society.desk.session`) lets somebody take a seat. Nothing listens on a port.

A question of kind `inside` (condition, seed, world, seat, first, last) is answered with arrays by tick: `tick`, `value`,
`reward`, `active`, for each field `field.NAME` [T, size], for each head `head.NAME` [T, positions, options] (probabilities,
each position after the symbols that were said) and `did.NAME` [T, positions]; facts `fields` [name, size], `shapes`
[name, shape], `hearing`, `heads` [name, size, length], `speech`, `labels`, `mind`, `same`, `compared`.

A question of kind `what_if` (condition "normal", seed, world, tick, speaker, message) is answered with `before.NAME` and
`after.NAME` [listeners, options]; facts `said`, `p_said`, `p_message`, `listeners`, `heads` [name, size], `reacts` (head ->
whether each listener has a choice), `same`, `compared`.

`same` says that the replay equals what the run recorded of that world at those ticks, in `compared` frames and messages.
"""
