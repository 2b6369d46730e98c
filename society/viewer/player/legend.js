// What colours and shapes mean, for what is there.

function legendItem(name, draw) {
  const span = element("span"), canvas = element("canvas"), image = new Image(20, 23);
  draw(sizeCanvas(canvas, 20, 23));
  image.alt = "";
  image.src = canvas.toDataURL(); // a canvas for each would be put together anew with every frame
  span.append(image, name);
  return span;
}

const at = (x, y, draw) => (g) => { g.translate(x, y); draw(g); };

function legendOf(boards, parted, theme) {
  const [board] = boards, { legend, kinds, offers } = board.facts, items = [];
  const item = (name, draw) => items.push(legendItem(name, draw));
  const has = (name) => boards.some((one) => one[name].size > 0);
  // a world may know more kinds than it has seats, and seats that are nowhere: then its picture shows all there is
  const seen = board.seats.kind && new Set(board.seats.kind.filter((_, row) => board.seats.x[row] !== NOWHERE));
  kinds.forEach(([name, colour], kind) => {
    if (!seen || seen.has(kind)) item(name, at(10, 10, (g) => drawDisc(g, 7.5, colour, theme.paper, 1)));
  });
  for (const [name, colour] of legend.slice(1)) {
    if (name) item(name, (g) => {
      g.globalAlpha = strength(board.facts, theme);
      g.fillStyle = colour; g.beginPath(); g.roundRect(3, 3, 14, 14, 3); g.fill();
    });
  }
  if (board.seats["value.facing"]) item("faces this way", at(10, 13, (g) => {
    drawFacing(g, 6, theme.ink, theme.paper, 0);
    drawDisc(g, 6, "#999999", theme.paper, 1);
  }));
  if (board.seats.said) item("says 1", at(8, 15, (g) => { g.scale(0.8, 0.8); drawDisc(g, 7, "#999999", theme.paper, 1); drawBubble(g, 1, 7.5, theme.family); }));
  if (board.seats["value.offer"]) {
    const one = offers[1], colour = (good) => board.facts.goods[good]?.[1] ?? other(good);
    item(one ? `offers ${goodName(board, one[0])} for ${goodName(board, one[1])}` : "offers",
      at(10, 10, (g) => drawOffer(g, 7, one ? colour(one[0]) : "#888888", one ? colour(one[1]) : "#888888", theme.paper)));
  }
  if (has("trades")) item("deal", (g) => {
    g.strokeStyle = g.fillStyle = DEAL; g.lineWidth = 2.5;
    g.beginPath(); g.moveTo(2, 10); g.lineTo(18, 10); g.stroke();
    for (const x of [4, 16]) { g.beginPath(); g.arc(x, 10, 3.5, 0, 7); g.fill(); }
  });
  if (has("strikes")) item("strike", (g) => {
    g.strokeStyle = STRIKE; g.lineWidth = 2.5;
    g.beginPath(); g.moveTo(2, 14); g.lineTo(9, 8); g.lineTo(11, 13); g.lineTo(18, 6); g.stroke();
  });
  if (has("deaths")) item(boards.some((one) => one.deaths.size && leaves(one, 0)) ? "leaves the board" : "death", at(10, 10, (g) => drawCross(g, 5, theme.ink, 2.5)));
  if (has("firsts")) item("first use of a symbol", at(10, 10, (g) => drawFirst(g, 6, 1, theme)));
  if (parted >= 0) item("differs between the two", at(10, 10, (g) => {
    g.strokeStyle = PARTED; g.lineWidth = 2.5; g.setLineDash([5, 3]);
    g.beginPath(); g.arc(0, 0, 7.5, 0, 7); g.stroke();
  }));
  return items;
}

// A flag in the symbol's colour: where it is said for the first time.
function drawFirst(g, r, symbol, theme) {
  g.fillStyle = symbol > 0 ? symbolColour(symbol) : "#888888";
  g.strokeStyle = theme.paper;
  g.lineWidth = 1;
  g.beginPath(); g.moveTo(0, -r); g.lineTo(r, 0); g.lineTo(0, r); g.lineTo(-r, 0); g.closePath(); g.fill(); g.stroke();
}
