// How large a cell is drawn, so that all boards fit: one beside the table, two side by side, up to sixteen in rows.

const BESIDE = 330, GAP = 16, CAPTION = 24;

// {side: pixels of a cell, columns, beside: is the table beside the boards?} for a room of so many pixels.
function layoutOf(layout, boards, room, tall) {
  const width = Math.max(...boards.map((board) => board.facts.width), 1), height = Math.max(...boards.map((board) => board.facts.height), 1);
  if (layout === "mosaic") {
    let best = { side: 0, columns: 1, beside: false };
    for (let columns = 1; columns <= boards.length; columns++) {
      const rows = Math.ceil(boards.length / columns);
      const side = Math.min((room - GAP * (columns - 1)) / columns / width, ((tall - GAP * (rows - 1)) / rows - CAPTION) / height);
      if (side > best.side) best = { side, columns, beside: false };
    }
    return { ...best, side: Math.max(best.side, 8 / Math.max(width, height)) };
  }
  const beside = room > (layout === "twin" ? 1120 : 760), free = beside ? room - BESIDE - 24 : room;
  const wide = layout === "twin" ? (free - GAP) / 2 : Math.min(free, 780);
  const side = Math.min(wide / width, (tall - (layout === "twin" ? CAPTION : 0)) / height);
  return { side: Math.max(side, 8 / Math.max(width, height)), columns: layout === "twin" ? 2 : 1, beside };
}
