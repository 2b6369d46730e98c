// Deals, strikes and deaths of the moment, drawn on a board, and the ways that seats have just come.

const FEW = 120; // more than this many of a kind at once are drawn as bare lines
const FEW_TRAILS = 64; // with more seats, or tiny ones, only the followed one leaves a trail

// Way from one seat to another in pixels, and where the first is; null where one is nowhere.
function link(painter, a, b) {
  const { board, camera } = painter, p = board.places;
  if (!(p[3 * a + 2] > 0) || !(p[3 * b + 2] > 0)) return null;
  const way = board.way([p[3 * a], p[3 * a + 1]], [p[3 * b], p[3 * b + 1]]);
  return { x: p[3 * a], y: p[3 * a + 1], dx: way[0] * camera.scale, dy: way[1] * camera.scale };
}

// Deals: a band between the two, a ring around each. Returns what each gives, to be drawn over the seats.
function paintDeals(painter, g, t, share) {
  const { board, camera, radius } = painter, deals = board.trades, coins = [], from = deals.starts[t], to = deals.starts[t + 1];
  const few = to - from <= FEW && radius >= 3.5, band = new Path2D(), rings = new Path2D();
  for (let row = from; row < to; row++) {
    const found = link(painter, deals.seat[row], deals.partner[row]);
    if (!found) continue;
    const { dx, dy } = found, reach = Math.hypot(dx, dy) + 2 * radius;
    camera.around(found.x, found.y, reach, (x, y) => {
      band.moveTo(x, y);
      band.lineTo(x + dx, y + dy);
      if (!few) return;
      for (const s of [0, 1]) { // a ring, so that a deal between neighbours is seen at all
        rings.moveTo(x + s * dx + radius * 1.45, y + s * dy);
        rings.arc(x + s * dx, y + s * dy, radius * 1.45, 0, 7);
      }
      const on = 0.15 + 0.7 * share, off = radius * 0.55, length = Math.hypot(dx, dy) || 1;
      const nx = (-dy / length) * off, ny = (dx / length) * off;
      coins.push([x + dx * on + nx, y + dy * on + ny, deals.gave[row]]);
      coins.push([x + dx * (1 - on) - nx, y + dy * (1 - on) - ny, deals.got[row]]);
    });
  }
  g.lineCap = "round";
  g.strokeStyle = DEAL;
  if (few) {
    g.globalAlpha = 0.35;
    g.lineWidth = radius * 1.5;
    g.stroke(band);
    g.globalAlpha = 1;
  }
  g.lineWidth = few ? 2.5 : 2;
  g.stroke(band);
  g.stroke(rings);
  return coins;
}

// Strikes: a flash from one to the other, rays around the one that is struck.
function paintStrikes(painter, g, t) {
  const { board, camera, radius: r } = painter, strikes = board.strikes, from = strikes.starts[t], to = strikes.starts[t + 1];
  if (from === to) return;
  const few = to - from <= FEW && r >= 3.5, flash = new Path2D();
  for (let row = from; row < to; row++) {
    const found = link(painter, strikes.seat[row], strikes.target[row]);
    if (!found) continue;
    const { dx, dy } = found;
    camera.around(found.x, found.y, Math.hypot(dx, dy) + 2 * r, (x, y) => {
      flash.moveTo(x, y);
      flash.lineTo(x + dx * 0.45 - dy * 0.14, y + dy * 0.45 + dx * 0.14);
      flash.lineTo(x + dx * 0.55 + dy * 0.14, y + dy * 0.55 - dx * 0.14);
      flash.lineTo(x + dx, y + dy);
      for (let i = 0; few && i < 8; i++) {
        const angle = (i * Math.PI) / 4, cos = Math.cos(angle), sin = Math.sin(angle);
        flash.moveTo(x + dx + cos * r * 1.15, y + dy + sin * r * 1.15);
        flash.lineTo(x + dx + cos * r * 1.6, y + dy + sin * r * 1.6);
      }
    });
  }
  g.strokeStyle = STRIKE;
  g.lineWidth = few ? 3 : 2;
  g.stroke(flash);
}

// A cross where a seat has died, for two ticks.
function paintDeaths(painter, g, t, ink) {
  const { board, camera, radius } = painter, deaths = board.deaths, r = Math.max(4, radius * 0.8);
  for (let row = deaths.starts[Math.max(t - 1, 0)]; row < deaths.starts[t + 1]; row++) {
    const seat = deaths.seat[row], over = board.frameOf(deaths.tick[row]); // the first frame without it, or of its next life
    const place = seat >= 0 && seat < board.count ? board.place(Math.max(over - 1, 0), seat) : null;
    if (!place) continue;
    camera.around(place[0], place[1], 2 * r, (x, y) => {
      g.save();
      g.translate(x, y);
      drawCross(g, r, painter.theme.paper, 5);
      drawCross(g, r, ink, 2.5);
      g.restore();
    });
  }
}

// Where seats have just been: the older, the fainter. One path for each kind and age, opaque: where two steps meet,
// translucent ends would add up to a spot.
function paintTrails(painter, g, now, kept) {
  const { board, camera, radius, theme } = painter, many = board.count > FEW_TRAILS || radius < SMALL;
  if (many && kept < 0) return;
  const paths = new Map(), ground = rgb(groundOf(board.facts, theme.dark)), long = Math.ceil(now) - 1;
  for (let seat = many ? kept : 0; seat < (many ? kept + 1 : board.count); seat++) {
    const p = board.places, steps = seat === kept ? 30 : 6;
    if (!(p[3 * seat + 2] > 0)) continue;
    let to = [p[3 * seat], p[3 * seat + 1]];
    for (let back = 0; back < steps; back++) {
      const t = long - back;
      if (t < 0 || board.born(t, seat)) break;
      const from = board.place(t, seat);
      if (!from) break;
      const way = board.way(to, from);
      if (Math.hypot(...way) > board.jump()) break;
      if (way[0] || way[1]) {
        const age = Math.round((back / steps) * 30), key = age * 1024 + (board.kind(t, seat) & 1023);
        if (!paths.has(key)) paths.set(key, { path: new Path2D(), age, kind: board.kind(t, seat) });
        const { path } = paths.get(key);
        camera.around(to[0], to[1], 3 * camera.scale, (x, y) => {
          path.moveTo(x, y);
          path.lineTo(x + way[0] * camera.scale, y + way[1] * camera.scale);
        });
      }
      to = from;
    }
  }
  g.lineCap = "round";
  g.lineWidth = Math.max(1.5, radius * 0.5);
  for (const { path, age, kind } of [...paths.values()].sort((a, b) => b.age - a.age)) {
    g.strokeStyle = mix(ground, rgb(painter.kindColour(kind)), 0.55 * (1 - age / 30));
    g.stroke(path);
  }
}
