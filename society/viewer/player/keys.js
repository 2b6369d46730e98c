// What the keys do, and the card that says so.

const KEYS = [
  ["space", "play or pause"], ["← →", "one tick back or on"], ["Home End", "first or last tick"],
  ["+ −", "zoom in or out; so does the wheel"], ["drag", "move the view"], ["0", "see all of the world"],
  ["↑ ↓", "follow the seat before or after; so does a click"], ["Esc", "follow none"], ["?", "this card"],
];

// The action of a key press, or null.
function keyAction(player, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const { clock } = player;
  return {
    " ": () => player.toggle(),
    ArrowLeft: () => player.seek(Math.ceil(clock.now) - 1, true),
    ArrowRight: () => player.seek(Math.floor(clock.now) + 1, true),
    Home: () => player.seek(0, true),
    End: () => player.seek(clock.last, true),
    ArrowUp: () => player.followNext(-1),
    ArrowDown: () => player.followNext(1),
    "+": () => player.zoom(1.4),
    "=": () => player.zoom(1.4),
    "-": () => player.zoom(1 / 1.4),
    0: () => player.zoom(0),
    Escape: () => player.escape(),
    "?": () => player.help(),
  }[event.key] ?? null;
}

function keyCard() {
  return KEYS.map(([key, does]) => {
    const line = element("div");
    line.append(element("kbd", key), element("span", does));
    return line;
  });
}
