"""Maps of the commons worlds, drawn by us: `#` wall, `s` seats begin and return here, `a` an apple can grow, `~` river."""

from __future__ import annotations

from collections.abc import Mapping

# Six patches of 13 cells, each the disc of radius 2 in which apples help one another to grow.
FIELD = (
    "#########################",
    "#   a       a       a   #",
    "#  aaa     aaa     aaa  #",
    "# aaaaa   aaaaa   aaaaa #",
    "#  aaa     aaa     aaa  #",
    "#   a       a       a   #",
    "#                       #",
    "#   a       a       a   #",
    "#  aaa     aaa     aaa  #",
    "# aaaaa   aaaaa   aaaaa #",
    "#  aaa     aaa     aaa  #",
    "#   a       a       a   #",
    "#                       #",
    "#sssssssssssssssssssssss#",
    "#sssssssssssssssssssssss#",
    "#sssssssssssssssssssssss#",
    "#########################",
)
# Two patches and little room: learnt in a minute.
PLOT = (
    "#############",
    "#ssasssssass#",
    "#saaasssaaas#",
    "#aaaaasaaaaa#",
    "#saaasssaaas#",
    "#ssasssssass#",
    "#sssssssssss#",
    "#sssssssssss#",
    "#############",
)
# Every cell an apple's: a dense commons without paths.
GROVE = (
    "###############",
    "#sssssssssssss#",
    "#saaaaaaaaaaas#",
    "#saaaaaaaaaaas#",
    "#saaaaaaaaaaas#",
    "#saaaaaaaaaaas#",
    "#saaaaaaaaaaas#",
    "#saaaaaaaaaaas#",
    "#sssssssssssss#",
    "###############",
)
# A river in the north, an orchard in the south, and the way between them.
VALLEY = (
    "###############################",
    "#~~~~~~~~~~~~~~~~~~~~~~~~~~~~~#",
    "#~~~~~~~~~~~~~~~~~~~~~~~~~~~~~#",
    "#~~~~~~~~~~~~~~~~~~~~~~~~~~~~~#",
    "#~~~~~~~~~~~~~~~~~~~~~~~~~~~~~#",
    "#~~~~~~~~~~~~~~~~~~~~~~~~~~~~~#",
    "#                             #",
    "#                             #",
    "#                             #",
    "#                             #",
    "#                             #",
    "#  s   s   s   s   s   s   s  #",
    "#                             #",
    "#    s   s   s   s   s   s   s#",
    "#a a a a a a a a a a a a a a a#",
    "#aaaaaaaaaaaaaaaaaaaaaaaaaaaaa#",
    "#aaaaaaaaaaaaaaaaaaaaaaaaaaaaa#",
    "#aaaaaaaaaaaaaaaaaaaaaaaaaaaaa#",
    "###############################",
)
# The same in small.
BROOK = (
    "#########",
    "#~~~~~~~#",
    "#~~~~~~~#",
    "#sssssss#",
    "#sssssss#",
    "#aaaaaaa#",
    "#aaaaaaa#",
    "#########",
)
HARVEST: Mapping[str, tuple[str, ...]] = {"field": FIELD, "plot": PLOT, "grove": GROVE}
CLEAN_UP: Mapping[str, tuple[str, ...]] = {"valley": VALLEY, "brook": BROOK}
