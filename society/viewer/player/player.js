// The player: draws recorded frames on a canvas. All text from a run goes through textContent or fillText, never HTML.
//
// Time is `now`, a fractional tick index: at 12.4 seats are four tenths of the way from frame 12 to frame 13, and what
// happened in tick 12 (deals, strikes) is being shown. One object per mounted element; a rerun that brings the same data
// changes nothing, one that brings another world keeps the tick, so twins can be compared at the same moment.

const NOWHERE = 65535, NOTHING = -32768, CELL = 256;
const LOG = 8;
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32], TICKS_PER_SECOND = 4;
const SYMBOLS = ["#56B4E9", "#CC79A7", "#F0E442", "#D55E00", "#009E73", "#E69F00", "#0072B2"];
const OTHER = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"];
const DEAL = "#009E73", STRIKE = "#D55E00";
const VIEWS = { "|u1": Uint8Array, "<u2": Uint16Array, "<i2": Int16Array, "<i4": Int32Array, "<f4": Float32Array };

// ------------------------------------------------------------------------------------------------------------- the data

async function decode(text) {
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).arrayBuffer();
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const arrays = {};
  for (const [name, [kind, shape, offset]] of Object.entries(header)) {
    const count = shape.reduce((a, b) => a * b, 1);
    arrays[name] = { shape, data: new VIEWS[kind](data, 4 + length + offset, count) };
  }
  return arrays;
}

// For each frame the rows [first, last) of an event table whose tick is the frame's.
function rowsByFrame(ticks, events) {
  const starts = new Int32Array(ticks.length + 1);
  let row = 0;
  for (let t = 0; t < ticks.length; t++) {
    while (row < events.length && events[row] < ticks[t]) row++;
    starts[t] = row;
    while (row < events.length && events[row] === ticks[t]) row++;
    starts[t + 1] = row;
  }
  return starts;
}

// ------------------------------------------------------------------------------------------------------------ the colours

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const light = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b > 150;
const mix = (a, b, share) => `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * share)).join(" ")})`;
const inkOn = (hex) => (light(rgb(hex)) ? "#1b1d21" : "#ffffff");
const symbolColour = (s) => SYMBOLS[(s - 1) % SYMBOLS.length];

function isDark(element) {
  const probe = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  return /^#[0-9a-f]{6}$/i.test(probe) ? !light(rgb(probe)) : false;
}

// ------------------------------------------------------------------------------------------------------------- the player

class Player {
  constructor(root, report) {
    this.root = root;
    this.report = report;
    this.find = (name) => root.querySelector(name);
    this.board = this.find(".board");
    this.now = null;
    this.playing = false;
    this.speed = 1;
    this.near = this.kept = -1;
    this.frame = 0;
    this.later = []; // what is drawn over all seats
    this.listen();
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(root);
  }

  async load(data) {
    this.id = data.id;
    const arrays = await decode(data.blob);
    if (this.id !== data.id || this.gone) return; // another world was asked for meanwhile
    const first = this.now === null;
    const tick = first ? data.start : this.tickAt(this.now);
    this.facts = data.facts;
    this.ticks = arrays.tick.data;
    this.cells = arrays.cells ?? null;
    this.seats = {};
    for (const name of Object.keys(arrays)) if (name.startsWith("seat.")) this.seats[name.slice(5)] = arrays[name];
    this.count = this.seats.x ? this.seats.x.shape[1] : 0;
    this.trades = this.events(arrays, "trades");
    this.strikes = this.events(arrays, "contests");
    this.kept = Math.min(this.kept, this.count - 1);
    this.find(".scrub").max = Math.max(this.ticks.length - 1, 0);
    const last = this.ticks[this.ticks.length - 1];
    this.now = tick >= this.ticks[0] && tick <= last ? this.frameOf(tick) : 0; // another window begins at its beginning
    this.cellsShown = this.logShown = null;
    this.furnish();
    this.resize();
  }

  events(arrays, name) {
    const prefix = name + ".", columns = {};
    for (const key of Object.keys(arrays)) if (key.startsWith(prefix)) columns[key.slice(prefix.length)] = arrays[key].data;
    return { ...columns, starts: rowsByFrame(this.ticks, columns.tick ?? []), size: (columns.tick ?? []).length };
  }

  tickAt(now) { return this.ticks.length ? this.ticks[Math.min(Math.floor(now), this.ticks.length - 1)] : 0; }

  frameOf(tick) {
    let best = 0;
    for (let t = 0; t < this.ticks.length; t++) if (this.ticks[t] <= tick) best = t;
    return best;
  }

  value(name, t, seat) {
    const field = this.seats[name];
    if (!field) return null;
    const found = field.data[t * this.count + seat];
    return found === NOTHING ? null : found;
  }

  place(t, seat) {
    const x = this.seats.x.data[t * this.count + seat], y = this.seats.y.data[t * this.count + seat];
    return x === NOWHERE || y === NOWHERE ? null : [x / CELL, y / CELL];
  }

  // The way from a to b, around the edge where the world is a torus and that is shorter.
  way(a, b) {
    const sides = [this.facts.width, this.facts.height];
    return [0, 1].map((i) => {
      const d = b[i] - a[i];
      return this.facts.wraps && Math.abs(d) > sides[i] / 2 ? d - Math.sign(d) * sides[i] : d;
    });
  }

  // Longer ways than this are no walk: a seat fades out and in.
  jump() { return this.facts.sizes.length ? this.facts.width / 4 : 2.9; }

  // Was this seat born between frames t and t + 1? It then appears anew and does not glide there.
  born(t, seat) {
    const before = this.value("value.age", t, seat), after = this.value("value.age", t + 1, seat);
    return before !== null && after !== null && after < before;
  }

  // Where a seat is at `now`: [x, y, opacity], or null. One that is born elsewhere fades out here and in there.
  where(now, seat) {
    if (!this.seats.x) return null;
    const t = Math.min(Math.floor(now), this.ticks.length - 1), f = now - t;
    const a = this.place(t, seat);
    if (t + 1 >= this.ticks.length || f === 0) return a && [...a, 1];
    const b = this.place(t + 1, seat);
    if (!a || !b) return (f < 0.5 ? a : b) && [...(f < 0.5 ? a : b), 1];
    const way = this.way(a, b);
    if (this.born(t, seat) || Math.hypot(...way) > this.jump()) {
      return f < 0.5 ? [...a, 1 - 2 * f] : [...b, 2 * f - 1];
    }
    const ease = f * f * (3 - 2 * f);
    return [a[0] + way[0] * ease, a[1] + way[1] * ease, 1];
  }

  // ------------------------------------------------------------------------------------------------------------ listening

  listen() {
    const on = (name, event, act) => this.find(name).addEventListener(event, act);
    on(".play", "click", () => this.toggle());
    on(".back", "click", () => this.seek(Math.ceil(this.now) - 1, true));
    on(".step", "click", () => this.seek(Math.floor(this.now) + 1, true));
    on(".scrub", "input", (e) => this.seek(Number(e.target.value)));
    on(".scrub", "change", (e) => this.seek(Math.round(Number(e.target.value)), true));
    const speed = this.find(".speed");
    speed.replaceChildren(...SPEEDS.map((s) => new Option(s + "×", String(s), s === 1, s === 1)));
    speed.addEventListener("change", () => (this.speed = Number(speed.value)));
    this.root.addEventListener("keydown", (e) => {
      if (e.target.closest("select, button")) return;
      const act = { " ": () => this.toggle(), ArrowLeft: () => this.seek(Math.ceil(this.now) - 1, true),
        ArrowRight: () => this.seek(Math.floor(this.now) + 1, true), Home: () => this.seek(0, true) }[e.key];
      if (act) { e.preventDefault(); act(); }
    });
    this.board.addEventListener("pointermove", (e) => { this.near = this.seatAt(e); this.paint(); });
    this.board.addEventListener("pointerleave", () => { this.near = -1; this.paint(); });
    this.board.addEventListener("click", (e) => this.keep(this.seatAt(e)));
  }

  keep(seat) {
    this.kept = seat === this.kept ? -1 : seat;
    this.paint();
  }

  seatAt(event) {
    if (!this.ticks?.length) return -1;
    const box = this.board.getBoundingClientRect();
    const at = [(event.clientX - box.left) / this.side - 0.5, (event.clientY - box.top) / this.side - 0.5];
    let best = -1, reach = Math.max(0.75, 12 / this.side);
    for (let seat = 0; seat < this.count; seat++) {
      const p = this.where(this.now, seat);
      const d = p ? Math.hypot(...this.way(at, p)) : Infinity;
      if (d < reach) { best = seat; reach = d; }
    }
    return best;
  }

  toggle() {
    if (!this.ticks?.length) return;
    this.playing = !this.playing;
    if (this.playing && this.now >= this.ticks.length - 1) this.now = 0;
    this.root.classList.toggle("playing", this.playing);
    if (this.playing) {
      this.last = performance.now();
      this.frame = requestAnimationFrame((time) => this.run(time));
    } else this.seek(Math.floor(this.now), true);
  }

  run(time) {
    if (!this.playing || this.gone) return;
    // A tab that was in the background must not leap: at most a tenth of a second passes at once.
    const passed = Math.min(Math.max(time - this.last, 0), 100) / 1000;
    this.last = time;
    this.now = Math.min(this.now + passed * this.speed * TICKS_PER_SECOND, this.ticks.length - 1);
    this.paint();
    if (this.now >= this.ticks.length - 1) this.toggle();
    else this.frame = requestAnimationFrame((next) => this.run(next));
  }

  // Go to a frame; `settled` ends a movement of the hand, and the address learns of the tick.
  seek(now, settled = false) {
    if (!this.ticks?.length) return;
    this.now = Math.max(0, Math.min(now, this.ticks.length - 1));
    this.paint();
    if (settled && !this.playing) this.report(this.tickAt(this.now));
  }

  stop() {
    this.gone = true;
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
  }

  // -------------------------------------------------------------------------------------------------------------- drawing

  resize() {
    if (!this.facts) return;
    const { width, height } = this.facts, room = this.root.clientWidth;
    const wide = room > 760 ? Math.min(room - 330, 760) : room;
    this.side = Math.max(1, Math.min(wide / width, 590 / height));
    this.dpr = window.devicePixelRatio || 1;
    this.size(this.board, this.side * width, this.side * height);
    this.paint();
    this.paintMarks();
  }

  size(canvas, w, h) {
    canvas.width = Math.round(w * this.dpr);
    canvas.height = Math.round(h * this.dpr);
    canvas.style.width = w + "px";
    canvas.style.height = h + "px";
  }

  // A near-white ground would glare on a dark page: there it becomes a dark one.
  ground() {
    const told = this.facts.legend.length ? this.facts.legend[0][1] : this.dark ? "#23262e" : "#F4F1EA";
    return this.dark && light(rgb(told)) ? "#1d2027" : told;
  }

  paint() {
    if (!this.facts || this.gone) return;
    const dark = isDark(this.root);
    this.family = getComputedStyle(this.root).fontFamily || "sans-serif";
    if (dark !== this.dark) { this.dark = dark; this.cellsShown = null; this.furnish(); this.paintMarks(); }
    const g = this.board.getContext("2d"), { width, height } = this.facts;
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    g.fillStyle = this.ground();
    g.fillRect(0, 0, width * this.side, height * this.side);
    if (!this.ticks.length) return;
    const t = Math.floor(this.now);
    const widest = Math.max(0.84, ...this.facts.sizes);
    this.radius = Math.max(3, Math.min(0.5 * widest * this.side, 26));
    this.paintTrails(g);
    if (this.cells) this.paintCells(g, t);
    const coins = this.paintDeals(g, t);
    this.paintStrikes(g, t);
    for (let seat = 0; seat < this.count; seat++) this.paintSeat(g, t, seat);
    for (const draw of [...this.later.splice(0), ...coins]) draw();
    this.paintText(t);
  }

  paintCells(g, t) {
    const { width, height } = this.facts;
    const key = [t, this.side, this.dpr, this.dark].join();
    if (this.cellsShown !== key) {
      this.cellsShown = key;
      this.layer ??= document.createElement("canvas");
      this.layer.width = this.board.width;
      this.layer.height = this.board.height;
      const c = this.layer.getContext("2d"), s = this.side, picture = this.facts.sizes.length > 0;
      const gap = s > 9 && !picture ? 0.16 * s : 0;
      c.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
      c.clearRect(0, 0, width * s, height * s);
      if (s > 12 && !picture) {
        c.strokeStyle = this.dark ? "rgb(255 255 255 / 0.045)" : "rgb(0 0 0 / 0.045)";
        c.beginPath();
        for (let x = 1; x < width; x++) { c.moveTo(x * s, 0); c.lineTo(x * s, height * s); }
        for (let y = 1; y < height; y++) { c.moveTo(0, y * s); c.lineTo(width * s, y * s); }
        c.stroke();
      }
      c.globalAlpha = this.dark ? 0.72 : 0.62;
      const from = t * width * height;
      for (let i = 0; i < width * height; i++) {
        const cell = this.cells.data[from + i];
        if (!cell) continue;
        c.fillStyle = this.facts.legend[cell]?.[1] ?? OTHER[cell % OTHER.length];
        const x = i % width, y = Math.floor(i / width);
        if (gap === 0) { // whole pixels, else faint lines show between neighbours
          const [x0, x1, y0, y1] = [x, x + 1, y, y + 1].map((edge) => Math.round(edge * s * this.dpr) / this.dpr);
          c.fillRect(x0, y0, x1 - x0, y1 - y0);
          continue;
        }
        c.beginPath();
        c.roundRect(x * s + gap, y * s + gap, s - 2 * gap, s - 2 * gap, gap);
        c.fill();
      }
    }
    g.save();
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.drawImage(this.layer, 0, 0);
    g.restore();
  }

  // Draw at a place and, on a torus, once more wherever it reaches over an edge.
  around(x, y, reach, draw) {
    const { width, height } = this.facts;
    const xs = [0], ys = [0];
    if (this.facts.wraps) {
      if (x - reach < 0) xs.push(width);
      if (x + reach > width - 1) xs.push(-width);
      if (y - reach < 0) ys.push(height);
      if (y + reach > height - 1) ys.push(-height);
    }
    for (const dx of xs) for (const dy of ys) draw((x + dx + 0.5) * this.side, (y + dy + 0.5) * this.side);
  }

  kindColour(t, seat) {
    const kind = this.value("kind", t, seat) ?? 0;
    return this.facts.kinds[kind]?.[1] ?? OTHER[Math.max(kind, 0) % OTHER.length];
  }

  paintTrails(g) {
    g.lineCap = "round";
    for (let seat = 0; seat < this.count; seat++) {
      const long = seat === this.kept ? 30 : 6;
      const steps = [];
      let to = this.where(this.now, seat);
      for (let back = 0; back < long && to; back++) {
        const t = Math.ceil(this.now) - 1 - back;
        if (t < 0 || this.born(t, seat)) break;
        const from = this.place(t, seat);
        if (!from) break;
        const way = this.way(to, from);
        if (Math.hypot(...way) > this.jump()) break;
        steps.push([to, way, mix(rgb(this.ground()), rgb(this.kindColour(t, seat)), 0.55 * (1 - back / long) * to[2])]);
        to = [from[0], from[1], 1];
      }
      // Oldest first and opaque: where two steps meet, transparent ends would add up to a spot.
      g.lineWidth = Math.max(1.5, this.radius * 0.5);
      for (const [[x0, y0], [dx, dy], colour] of steps.reverse()) {
        g.strokeStyle = colour;
        this.around(x0, y0, 3, (x, y) => {
          g.beginPath();
          g.moveTo(x, y);
          g.lineTo(x + dx * this.side, y + dy * this.side);
          g.stroke();
        });
      }
    }
  }

  goodColour(good) { return this.facts.goods[good]?.[1] ?? OTHER[Math.max(good, 0) % OTHER.length]; }

  goodName(good) { return this.facts.goods[good]?.[0] ?? `good ${good}`; }

  // Deals of this tick: a band between the two, and what each gives on its way to the other.
  paintDeals(g, t) {
    const d = this.trades, f = this.now - t, coins = [];
    for (let row = d.starts[t]; row < d.starts[t + 1]; row++) {
      const a = this.where(this.now, d.seat[row]), b = this.where(this.now, d.partner[row]);
      if (!a || !b) continue;
      const way = this.way(a, b), dx = way[0] * this.side, dy = way[1] * this.side;
      this.around(a[0], a[1], 3, (x, y) => {
        g.strokeStyle = DEAL;
        g.globalAlpha = 0.35;
        g.lineWidth = this.radius * 1.5;
        g.beginPath(); g.moveTo(x, y); g.lineTo(x + dx, y + dy); g.stroke();
        g.globalAlpha = 1;
        g.lineWidth = 2.5;
        g.beginPath(); g.moveTo(x, y); g.lineTo(x + dx, y + dy); g.stroke();
        for (const s of [0, 1]) { // a halo, so that a deal between neighbours is seen at all
          g.beginPath(); g.arc(x + s * dx, y + s * dy, this.radius * 1.45, 0, 7); g.stroke();
        }
      });
      coins.push(() => this.around(a[0], a[1], 3, (x, y) => {
        const on = 0.15 + 0.7 * f, off = this.radius * 0.55, len = Math.hypot(dx, dy) || 1;
        const nx = (-dy / len) * off, ny = (dx / len) * off;
        this.coin(g, x + dx * on + nx, y + dy * on + ny, this.goodColour(d.gave[row]));
        this.coin(g, x + dx * (1 - on) - nx, y + dy * (1 - on) - ny, this.goodColour(d.got[row]));
      }));
    }
    return coins;
  }

  coin(g, x, y, colour) {
    const r = Math.max(2.5, this.radius * 0.36);
    g.fillStyle = colour;
    g.strokeStyle = "#fff";
    g.lineWidth = 1.5;
    g.beginPath(); g.roundRect(x - r, y - r, 2 * r, 2 * r, r * 0.35); g.fill(); g.stroke();
  }

  paintStrikes(g, t) {
    const d = this.strikes;
    for (let row = d.starts[t]; row < d.starts[t + 1]; row++) {
      const a = this.where(this.now, d.seat[row]), b = this.where(this.now, d.target[row]);
      if (!a || !b) continue;
      const way = this.way(a, b), dx = way[0] * this.side, dy = way[1] * this.side, r = this.radius;
      this.around(a[0], a[1], 3, (x, y) => {
        g.strokeStyle = STRIKE;
        g.lineWidth = 3;
        g.beginPath();
        g.moveTo(x, y);
        g.lineTo(x + dx * 0.45 - dy * 0.14, y + dy * 0.45 + dx * 0.14);
        g.lineTo(x + dx * 0.55 + dy * 0.14, y + dy * 0.55 - dx * 0.14);
        g.lineTo(x + dx, y + dy);
        g.stroke();
        g.beginPath();
        for (let i = 0; i < 8; i++) {
          const angle = (i * Math.PI) / 4;
          g.moveTo(x + dx + Math.cos(angle) * r * 1.15, y + dy + Math.sin(angle) * r * 1.15);
          g.lineTo(x + dx + Math.cos(angle) * r * 1.6, y + dy + Math.sin(angle) * r * 1.6);
        }
        g.stroke();
      });
    }
  }

  paintSeat(g, t, seat) {
    const p = this.where(this.now, seat);
    if (p) {
      const after = this.now - t >= 0.5 ? Math.min(t + 1, this.ticks.length - 1) : t;
      this.around(p[0], p[1], 1.2, (x, y) => this.seatAtPixel(g, x, y, p[2], after, seat));
    }
  }

  seatAtPixel(g, x, y, opacity, t, seat) {
    const size = this.facts.sizes[this.value("kind", t, seat) ?? 0];
    const r = size ? Math.max(3, 0.5 * size * this.side) : this.radius;
    const colour = this.kindColour(t, seat), said = this.value("said", t, seat);
    const marked = seat === this.kept || seat === this.near;
    g.globalAlpha = opacity;
    g.fillStyle = colour;
    g.strokeStyle = marked ? (this.dark ? "#ffffff" : "#111318") : this.dark ? "#0e1117" : "#ffffff";
    g.lineWidth = marked ? 3 : 2;
    g.beginPath(); g.arc(x, y, r, 0, 7); g.fill(); g.stroke();
    if (r >= 7) {
      g.fillStyle = inkOn(colour);
      g.font = `600 ${Math.round(r * 1.05)}px ${this.family}`;
      g.textAlign = "center";
      g.textBaseline = "middle";
      g.fillText(String(seat), x, y + r * 0.06);
    }
    const offer = this.value("value.offer", t, seat);
    // Marks come after all discs, so that no neighbour covers what somebody says.
    this.later.push(() => {
      g.globalAlpha = opacity;
      if (said > 0) this.bubble(g, x, y, said, r);
      if (offer > 0) this.offerMark(g, x + r * 0.85, y + r * 0.85, Math.max(3, r * 0.62), offer);
      g.globalAlpha = 1;
    });
  }

  // What a seat says: a ring, and a bubble with the symbol's number.
  bubble(g, x, y, said, r) {
    const colour = symbolColour(said);
    g.strokeStyle = colour;
    g.lineWidth = Math.max(1.5, r * 0.2);
    g.beginPath(); g.arc(x, y, r * 1.28, 0, 7); g.stroke();
    if (r < 7) return;
    const h = r * 1.2, w = Math.max(h, r * (0.6 + 0.6 * String(said).length)), bx = x + r * 0.5, by = y - r * 1.9;
    g.fillStyle = colour;
    g.beginPath();
    g.roundRect(bx, by, w, h, h * 0.32);
    g.moveTo(bx + w * 0.18, by + h * 0.9);
    g.lineTo(bx - r * 0.08, by + h + r * 0.24);
    g.lineTo(bx + w * 0.58, by + h * 0.9);
    g.fill();
    g.fillStyle = inkOn(colour);
    g.font = `700 ${Math.round(r * 0.98)}px ${this.family}`;
    g.textAlign = "center";
    g.textBaseline = "middle";
    g.fillText(String(said), bx + w / 2, by + h * 0.54);
  }

  // What a seat holds up: a diamond, left what it gives, right what it wants.
  offerMark(g, x, y, r, offer) {
    const terms = this.facts.offers[offer];
    for (const side of [-1, 1]) {
      g.fillStyle = terms ? this.goodColour(terms[side < 0 ? 0 : 1]) : "#888";
      g.beginPath(); g.moveTo(x, y - r); g.lineTo(x + side * r, y); g.lineTo(x, y + r); g.closePath(); g.fill();
    }
    g.strokeStyle = this.dark ? "#0e1117" : "#ffffff";
    g.lineWidth = 1.5;
    g.beginPath(); g.moveTo(x, y - r); g.lineTo(x + r, y); g.lineTo(x, y + r); g.lineTo(x - r, y); g.closePath(); g.stroke();
  }

  // ------------------------------------------------------------------------------------------------- beside the board

  // Legend and roster: made anew when the world or the theme changes.
  furnish() {
    if (!this.facts) return;
    const { legend, kinds } = this.facts, items = [];
    const item = (name, draw) => {
      const span = element("span"), canvas = element("canvas");
      this.dpr = window.devicePixelRatio || 1;
      this.size(canvas, 20, 23);
      const g = canvas.getContext("2d");
      g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
      draw(g);
      span.append(canvas, name);
      items.push(span);
    };
    const disc = (g, colour, r) => { g.fillStyle = colour; g.beginPath(); g.arc(10, 10, r, 0, 7); g.fill(); };
    const seen = this.seats.kind && new Set(this.seats.kind.data); // a world may know more kinds than it has seats
    kinds.forEach(([name, colour], kind) => { if (!seen || seen.has(kind)) item(name, (g) => disc(g, colour, 8)); });
    for (const [name, colour] of legend.slice(1)) {
      item(name, (g) => {
        g.globalAlpha = this.dark ? 0.72 : 0.62;
        g.fillStyle = colour; g.beginPath(); g.roundRect(3, 3, 14, 14, 3); g.fill();
      });
    }
    if (this.seats.said) item("says 1", (g) => {
      g.fillStyle = symbolColour(1); g.beginPath(); g.roundRect(2, 2, 16, 14, 4);
      g.moveTo(5, 14); g.lineTo(2, 21); g.lineTo(12, 15); g.fill();
      g.fillStyle = inkOn(symbolColour(1)); g.font = `700 12px ${this.family}`;
      g.textAlign = "center"; g.textBaseline = "middle"; g.fillText("1", 10, 9.6);
    });
    if (this.seats["value.offer"]) {
      const one = this.facts.offers[1];
      const name = one ? `offers ${this.goodName(one[0])} for ${this.goodName(one[1])}` : "offers";
      item(name, (g) => this.offerMark(g, 10, 10, 7, 1));
    }
    const line = (colour) => (g) => {
      g.strokeStyle = colour; g.lineWidth = 2.5;
      g.beginPath(); g.moveTo(2, 10); g.lineTo(18, 10); g.stroke();
      for (const x of [4, 16]) disc2(g, x, colour);
    };
    const disc2 = (g, x, colour) => { g.fillStyle = colour; g.beginPath(); g.arc(x, 10, 3.5, 0, 7); g.fill(); };
    if (this.trades.size) item("deal", line(DEAL));
    if (this.strikes.size) item("strike", (g) => {
      g.strokeStyle = STRIKE; g.lineWidth = 2.5;
      g.beginPath(); g.moveTo(2, 14); g.lineTo(9, 8); g.lineTo(11, 13); g.lineTo(18, 6); g.stroke();
    });
    this.find(".legend").replaceChildren(...items);
    this.furnishRoster();
  }

  furnishRoster() {
    const goods = this.facts.goods.map(([name]) => "holds " + name).filter((name) => this.facts.values.includes(name));
    const rest = this.facts.values.filter((name) => !goods.includes(name) && name !== "offer");
    this.columns = [
      ...goods.map((name) => [name.slice("holds ".length), "value." + name]),
      ...(this.seats["value.offer"] ? [["offers", "value.offer"]] : []),
      ...(this.seats.said ? [["says", "said"]] : []),
      ...rest.map((name) => [name, "value." + name]),
    ].slice(0, 6);
    const head = element("tr");
    head.append(element("th", "seat"), ...this.columns.map(([name]) => element("th", name)));
    this.find("thead").replaceChildren(head);
    this.rows = [];
    for (let seat = 0; seat < this.count; seat++) {
      const row = element("tr"), disc = element("span", String(seat), "disc"), first = element("td");
      first.append(disc);
      const cells = this.columns.map(() => element("td"));
      row.append(first, ...cells);
      row.addEventListener("click", () => this.keep(seat));
      row.addEventListener("pointerenter", () => { this.near = seat; this.paint(); });
      row.addEventListener("pointerleave", () => { this.near = -1; this.paint(); });
      this.rows.push({ row, disc, cells });
    }
    this.find("tbody").replaceChildren(...this.rows.map((one) => one.row));
  }

  words(field, value) {
    if (value === null) return "";
    if (field === "said") return value > 0 ? String(value) : "–";
    if (field !== "value.offer") return String(value);
    const terms = this.facts.offers[value];
    if (value === 0) return "–";
    if (!terms) return String(value);
    const many = terms[2] > 1 || terms[3] > 1;
    return `${many ? terms[2] : ""}${this.goodName(terms[0])} → ${many ? terms[3] : ""}${this.goodName(terms[1])}`;
  }

  paintText(t) {
    const shown = this.now - t >= 0.5 ? Math.min(t + 1, this.ticks.length - 1) : t;
    this.rows.forEach(({ row, disc, cells }, seat) => {
      const colour = this.kindColour(shown, seat);
      disc.style.background = colour;
      disc.style.color = inkOn(colour);
      row.className = seat === this.kept ? "kept" : seat === this.near ? "near" : "";
      this.columns.forEach(([, field], i) => {
        const value = this.value(field, shown, seat), text = this.words(field, value);
        if (field === "said" && value > 0) {
          const pill = element("span", text, "said");
          pill.style.background = symbolColour(value);
          pill.style.color = inkOn(symbolColour(value));
          cells[i].replaceChildren(pill);
        } else if (cells[i].textContent !== text || cells[i].firstElementChild) cells[i].textContent = text;
      });
    });
    this.find(".scrub").value = this.now;
    const last = this.ticks[this.ticks.length - 1];
    const clock = this.find(".clock");
    clock.replaceChildren(`tick ${this.ticks[t]} `, element("small", `of ${last}`));
    this.paintTip(shown);
    this.paintLog(t);
  }

  paintTip(t) {
    const tip = this.find(".tip"), seat = this.near >= 0 ? this.near : this.kept;
    const p = seat >= 0 ? this.where(this.now, seat) : null;
    tip.hidden = !p;
    if (!p) return;
    const kind = this.facts.kinds[this.value("kind", t, seat) ?? -1]?.[0];
    const line = (name, value) => {
      const div = element("div");
      div.append(element("span", name), element("span", value));
      return div;
    };
    const lines = [element("b", `seat ${seat}${kind ? ", " + kind : ""}`)];
    for (const name of this.facts.values) {
      const text = this.words("value." + name, this.value("value." + name, t, seat));
      if (text) lines.push(line(name === "offer" ? "offers" : name, text));
    }
    if (this.seats.said) lines.push(line("says", this.words("said", this.value("said", t, seat))));
    tip.replaceChildren(...lines);
    const x = (p[0] + 0.5) * this.side, y = (p[1] + 0.5) * this.side, far = this.radius * 1.9;
    if (this.near < 0) { // a seat that is kept moves among others: its box waits in a corner and hides none of them
      const wide = this.facts.width * this.side;
      tip.style.left = (x > wide / 2 ? 10 : wide - tip.offsetWidth - 10) + "px";
      tip.style.top = "10px";
      return;
    }
    const right = x + far + tip.offsetWidth < this.facts.width * this.side;
    tip.style.left = Math.max(0, right ? x + far : x - far - tip.offsetWidth) + "px";
    tip.style.top = Math.max(0, Math.min(y - 30, this.facts.height * this.side - tip.offsetHeight)) + "px";
  }

  // The latest deals and strikes up to now.
  paintLog(t) {
    if (this.logShown === t) return;
    this.logShown = t;
    const { trades, strikes } = this, entries = [];
    for (let row = trades.starts[t + 1] - 1; row >= 0 && entries.length < LOG; row--) {
      entries.push([trades.tick[row], `${trades.seat[row]} gave ${trades.gave_amount[row]} ${this.goodName(trades.gave[row])}, `
        + `${trades.partner[row]} gave ${trades.got_amount[row]} ${this.goodName(trades.got[row])}`]);
    }
    for (let row = strikes.starts[t + 1] - 1, kept = 0; row >= 0 && kept < LOG; row--, kept++) {
      entries.push([strikes.tick[row], `${strikes.seat[row]} took ${strikes.amount[row]} `
        + `${this.goodName(strikes.good[row])} from ${strikes.target[row]}`]);
    }
    entries.sort((a, b) => b[0] - a[0]);
    const log = this.find(".log");
    log.replaceChildren();
    if (!trades.size && !strikes.size) return;
    const title = element("h4", "Latest");
    const counts = [`${trades.starts[t + 1]} of ${trades.size} deals`];
    if (strikes.size) counts.push(`${strikes.starts[t + 1]} of ${strikes.size} strikes`);
    title.append(element("small", counts.join(", ")));
    log.append(title, ...entries.slice(0, LOG).map(([tick, text]) => {
      const div = element("div");
      div.append(element("span", String(tick)), element("span", text));
      return div;
    }));
  }

  // Marks on the scrub bar: strikes above the line, deals below, as tall as there are many in that place.
  paintMarks() {
    if (!this.facts || !this.ticks.length) return;
    const canvas = this.find(".marks"), w = canvas.parentElement.clientWidth, h = 34;
    this.size(canvas, w, h);
    const g = canvas.getContext("2d"), last = Math.max(this.ticks.length - 1, 1);
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    g.fillStyle = this.dark ? "rgb(255 255 255 / 0.16)" : "rgb(0 0 0 / 0.13)";
    g.fillRect(2, h / 2 - 1.5, w - 4, 3);
    const bins = Math.max(1, Math.floor(w / 4));
    for (const [events, colour, up] of [[this.trades, DEAL, false], [this.strikes, STRIKE, true]]) {
      const counts = new Float64Array(bins);
      for (let t = 0; t < this.ticks.length; t++) {
        counts[Math.min(bins - 1, Math.floor((t / last) * bins))] += events.starts[t + 1] - events.starts[t];
      }
      const most = Math.max(3, ...counts);
      g.fillStyle = colour;
      counts.forEach((count, bin) => {
        if (!count) return;
        const tall = 3 + (count / most) * 9;
        g.fillRect(2 + ((w - 4) * bin) / bins, up ? h / 2 - 3 - tall : h / 2 + 3, 2.5, tall);
      });
    }
  }
}

function element(tag, text = null, name = "") {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  if (name) made.className = name;
  return made;
}

const players = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".player");
  let player = players.get(root);
  if (!player) {
    player = new Player(root, (tick) => player.tell(tick));
    players.set(root, player);
  }
  player.tell = (tick) => setStateValue("tick", tick);
  if (player.id !== data.id) player.load(data);
  else player.paint();
  return () => {
    if (!root.isConnected) { player.stop(); players.delete(root); }
  };
}
