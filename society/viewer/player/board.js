// One recorded world: its arrays, and where its seats are at any moment.
//
// A moment is a fractional frame: at 12.4 seats are four tenths of the way from frame 12 to frame 13, and what happened
// in frame 12 (deals, strikes) is being shown.

const NOWHERE = 65535, NOTHING = -32768, CELL = 256;

class Board {
  constructor({ title, facts }, arrays) {
    this.title = title ?? "";
    this.facts = facts;
    this.ticks = arrays.tick?.data ?? new Int32Array(0);
    this.cells = arrays.cells?.data ?? null;
    this.seats = {};
    for (const name of Object.keys(arrays)) if (name.startsWith("seat.")) this.seats[name.slice(5)] = arrays[name].data;
    this.count = arrays["seat.x"] && arrays["seat.y"] ? arrays["seat.x"].shape[1] : 0;
    this.places = new Float32Array(3 * this.count); // x, y, opacity of every seat at the moment last asked for
    this.trades = this.events(arrays, "trades");
    this.strikes = this.events(arrays, "contests");
    this.deaths = this.events(arrays, "deaths");
    this.firsts = this.events(arrays, "firsts");
    this.signs = new Map(); // value fields whose -1 means "none": a number that is never lower
  }

  events(arrays, name) {
    const prefix = name + ".", columns = {};
    for (const key of Object.keys(arrays)) if (key.startsWith(prefix)) columns[key.slice(prefix.length)] = arrays[key].data;
    const tick = columns.tick ?? new Int32Array(0);
    return { ...columns, tick, starts: rowsByFrame(this.ticks, tick), size: tick.length };
  }

  // The last frame that is not after this tick, the first one where all are.
  frameOf(tick) {
    let low = 0, high = this.ticks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.ticks[middle] <= tick) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // The moment of a tick and the share of the way to the next one, which the clock knows.
  momentOf(tick, next, share) {
    const t = this.frameOf(tick);
    return this.ticks[t] === tick && this.ticks[t + 1] === next ? t + share : t;
  }

  // A moment's frame for words and colours: the nearer one.
  shown(now) {
    return Math.min(Math.floor(now + 0.5), this.ticks.length - 1);
  }

  value(name, t, seat) {
    const field = this.seats[name];
    if (!field || t < 0) return null;
    const found = field[t * this.count + seat];
    return found === NOTHING || found === undefined ? null : found;
  }

  kind(t, seat) {
    return this.value("kind", t, seat) ?? 0;
  }

  place(t, seat) {
    const x = this.seats.x[t * this.count + seat], y = this.seats.y[t * this.count + seat];
    return x === NOWHERE || y === NOWHERE ? null : [x / CELL, y / CELL];
  }

  // The way from a to b, around the edge where the world is a torus and that is shorter.
  way(a, b) {
    const { width, height, wraps } = this.facts;
    return [wraps ? shorter(b[0] - a[0], width) : b[0] - a[0], wraps ? shorter(b[1] - a[1], height) : b[1] - a[1]];
  }

  // Longer ways than this are no walk: a seat fades out and in.
  jump() { return this.facts.sizes.length ? this.facts.width / 4 : 2.9; }

  // Was this seat born between frames t and t + 1? It then appears anew and does not glide there.
  born(t, seat) {
    const ages = this.seats["value.age"];
    if (!ages || t + 1 >= this.ticks.length) return false;
    const before = ages[t * this.count + seat], after = ages[(t + 1) * this.count + seat];
    return before !== NOTHING && after !== NOTHING && after < before;
  }

  // Where a seat is at a moment: [x, y, opacity], or null. One that is born elsewhere fades out here and in there.
  where(now, seat) {
    if (!this.count || !this.ticks.length) return null;
    const spot = new Float32Array(3), t = Math.min(Math.floor(now), this.ticks.length - 1);
    this.locate(t, now - t, seat, spot, 0);
    return spot[2] > 0 ? Array.from(spot) : null;
  }

  // Every seat at a moment, into `places`.
  settle(now) {
    if (!this.ticks.length) return;
    const t = Math.min(Math.floor(now), this.ticks.length - 1), share = now - t;
    for (let seat = 0; seat < this.count; seat++) this.locate(t, share, seat, this.places, 3 * seat);
  }

  locate(t, share, seat, out, at) {
    const { x, y } = this.seats, here = t * this.count + seat, last = t + 1 >= this.ticks.length || share === 0;
    const there = last ? here : here + this.count;
    const ax = x[here], ay = y[here], bx = x[there], by = y[there];
    const from = ax !== NOWHERE && ay !== NOWHERE, to = bx !== NOWHERE && by !== NOWHERE;
    const early = share < 0.5;
    let opacity = 1;
    if (!last && from && to) {
      let dx = (bx - ax) / CELL, dy = (by - ay) / CELL;
      if (this.facts.wraps) { dx = shorter(dx, this.facts.width); dy = shorter(dy, this.facts.height); }
      const reach = this.jump();
      if (dx * dx + dy * dy <= reach * reach && !this.born(t, seat)) {
        const ease = share * share * (3 - 2 * share);
        out[at] = ax / CELL + dx * ease;
        out[at + 1] = ay / CELL + dy * ease;
        out[at + 2] = 1;
        return;
      }
      opacity = Math.abs(1 - 2 * share);
    }
    out[at] = (early ? ax : bx) / CELL;
    out[at + 1] = (early ? ay : by) / CELL;
    out[at + 2] = (early ? from : to) ? opacity : 0;
  }

  // Does -1 stand for "none" in this field?
  noneIsMinusOne(field) {
    if (!this.signs.has(field)) {
      let least = 0;
      for (const value of this.seats[field] ?? []) if (value < least && value !== NOTHING) least = value;
      this.signs.set(field, least === -1);
    }
    return this.signs.get(field);
  }

  // Marks in `out` the seats that differ from another board's, field by field; how many there are.
  differences(t, other, u, out) {
    out.fill(0);
    let differing = 0;
    for (const [name, field] of Object.entries(this.seats)) {
      const theirs = other.seats[name];
      if (!theirs) continue;
      for (let seat = 0; seat < Math.min(this.count, other.count); seat++) {
        if (!out[seat] && field[t * this.count + seat] !== theirs[u * other.count + seat]) { out[seat] = 1; differing++; }
      }
    }
    return differing;
  }
}

function shorter(distance, side) {
  return Math.abs(distance) > side / 2 ? distance - Math.sign(distance) * side : distance;
}
