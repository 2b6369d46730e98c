// Paints a board at a moment. Few seats are drawn in full (number, bubble, offer); many as discs, what they say as rings.

const FULL = 300, SMALL = 5; // seats in view that are still drawn in full, and the pixels of radius that this takes

class Painter {
  constructor(board, camera) {
    this.board = board;
    this.camera = camera;
    this.cells = new Cells(board);
    this.sprites = new Sprites();
    this.widest = Math.max(0.84, ...board.facts.sizes);
    // What is in view: seats and their pixels; on a torus a seat at the edge is there more than once.
    const room = board.facts.wraps ? 4 * board.count : board.count;
    this.seat = new Int32Array(room);
    this.x = new Float32Array(room);
    this.y = new Float32Array(room);
    this.inView = 0;
  }

  kindColour(kind) { return this.board.facts.kinds[kind]?.[1] ?? other(kind); }

  goodColour(good) { return this.board.facts.goods[good]?.[1] ?? other(good); }

  // Paint `now` on the context of a canvas of the camera's view. `marks`: {kept, near, differs: Uint8Array or null}.
  paint(g, now, theme, marks) {
    const { board, camera } = this, t = Math.min(Math.floor(now), board.ticks.length - 1);
    this.theme = theme;
    this.radius = Math.max(board.count > 300 ? 1.6 : 3, Math.min(0.5 * this.widest * camera.scale, 26 + 2 * camera.zoom));
    g.globalAlpha = 1;
    this.inView = 0;
    if (t >= 0 && board.count) {
      board.settle(now);
      this.project();
    }
    const many = this.inView > FULL || (this.inView > 0 && this.radius < SMALL), shown = board.shown(now);
    if (many) this.paintMany(g, t, shown); // all at once, so under all that is not a seat
    else this.cells.paint(g, t, camera, theme);
    if (!this.inView) return;
    paintTrails(this, g, now, marks.kept);
    const coins = paintDeals(this, g, t, now - t);
    paintStrikes(this, g, t);
    if (!many) this.paintFull(g, shown, marks);
    else this.paintMarks(g, shown, marks);
    paintDeaths(this, g, t, theme.ink);
    const small = Math.max(2.5, this.radius * 0.36), look = this.look();
    for (const [x, y, good] of coins) {
      const colour = this.goodColour(good);
      this.sprites.stamp(g, look, `coin ${colour}`, x, y, small + 2, (c) => drawCoin(c, small, colour));
    }
  }

  look() {
    return `${this.radius} ${this.camera.scale} ${this.theme.dark} ${this.theme.family} ${window.devicePixelRatio}`;
  }

  seatRadius(kind) {
    const size = this.board.facts.sizes[kind];
    return size ? Math.max(3, 0.5 * size * this.camera.scale) : this.radius;
  }

  project() {
    const { camera, board } = this, { places } = board, reach = 2 * this.radius;
    const { viewWidth, viewHeight, wraps } = camera, w = camera.width * camera.scale, h = camera.height * camera.scale;
    let n = 0;
    for (let seat = 0; seat < board.count; seat++) {
      if (!(places[3 * seat + 2] > 0)) continue;
      const x = camera.across(places[3 * seat]) + viewWidth / 2, y = camera.down(places[3 * seat + 1]) + viewHeight / 2;
      const besideX = wraps ? (x < viewWidth / 2 ? x + w : x - w) : x, besideY = wraps ? (y < viewHeight / 2 ? y + h : y - h) : y;
      const inX = x > -reach && x < viewWidth + reach, inY = y > -reach && y < viewHeight + reach;
      if (inX && inY) { this.seat[n] = seat; this.x[n] = x; this.y[n++] = y; }
      if (!wraps) continue;
      const alsoX = besideX > -reach && besideX < viewWidth + reach, alsoY = besideY > -reach && besideY < viewHeight + reach;
      if (alsoX && inY) { this.seat[n] = seat; this.x[n] = besideX; this.y[n++] = y; }
      if (inX && alsoY) { this.seat[n] = seat; this.x[n] = x; this.y[n++] = besideY; }
      if (alsoX && alsoY) { this.seat[n] = seat; this.x[n] = besideX; this.y[n++] = besideY; }
    }
    this.inView = n;
  }

  paintFull(g, t, marks) {
    const { board, sprites, theme } = this, look = this.look();
    const facings = board.seats["value.facing"];
    for (let i = 0; i < this.inView; i++) {
      const seat = this.seat[i], kind = board.kind(t, seat), r = this.seatRadius(kind), colour = this.kindColour(kind);
      const facing = facings ? board.value("value.facing", t, seat) : null;
      g.globalAlpha = board.places[3 * seat + 2];
      sprites.stamp(g, look, `disc ${kind} ${facing}`, this.x[i], this.y[i], r * 1.75 + 2, (c) => {
        if (facing >= 0 && facing <= 3 && facing !== null) drawFacing(c, r, colour, theme.dark ? "#ffffff" : "#1b1d21", facing);
        drawDisc(c, r, colour, theme.paper, 2);
      });
      if (r >= 7) {
        sprites.stamp(g, look, `number ${seat} ${inkOn(colour)}`, this.x[i], this.y[i], r + 2,
          (c) => drawNumber(c, String(seat), r, inkOn(colour), theme.family));
      }
    }
    g.globalAlpha = 1;
    this.paintMarks(g, t, marks);
    // What is said and offered comes after all discs, so that no neighbour covers what somebody says.
    for (let i = 0; i < this.inView; i++) {
      const seat = this.seat[i], said = board.value("said", t, seat), offer = board.value("value.offer", t, seat);
      const r = this.seatRadius(board.kind(t, seat));
      g.globalAlpha = board.places[3 * seat + 2];
      if (said > 0) {
        const wide = r * (1.6 + 0.6 * String(said).length) + 4;
        sprites.stamp(g, look, `said ${said} ${r}`, this.x[i], this.y[i], Math.max(wide, 2.1 * r), (c) => drawBubble(c, said, r, theme.family));
      }
      if (offer > 0) {
        const small = Math.max(3, r * 0.62), terms = board.facts.offers[offer];
        const [left, right] = terms ? [this.goodColour(terms[0]), this.goodColour(terms[1])] : ["#888888", "#888888"];
        sprites.stamp(g, look, `offer ${offer}`, this.x[i] + r * 0.85, this.y[i] + r * 0.85, small + 2,
          (c) => drawOffer(c, small, left, right, theme.paper));
      }
    }
    g.globalAlpha = 1;
  }

  // One pass over typed arrays, nothing made for a seat.
  paintMany(g, frame, t) {
    const { board, camera, theme } = this, dpr = window.devicePixelRatio || 1, { kind, said } = board.seats;
    const facings = this.radius * dpr >= 4 ? board.seats["value.facing"] : null, row = t * board.count;
    this.pixels ??= new Pixels();
    let widest = this.radius;
    for (const size of board.facts.sizes) widest = Math.max(widest, 0.5 * size * camera.scale);
    this.pixels.begin(g.canvas.width, g.canvas.height, 2 * widest * dpr + 6, this.look());
    this.pixels.lay(`${frame} ${camera.x} ${camera.y} ${camera.scale} ${theme.dark}`,
      (ground, wide, tall, margin) => this.cells.lay(ground, wide, tall, margin, frame, camera, theme, dpr));
    for (let i = 0; i < this.inView; i++) {
      const seat = this.seat[i], opacity = Math.ceil(board.places[3 * seat + 2] * 4);
      const of = kind ? kind[row + seat] : 0, says = said ? said[row + seat] : 0, facing = facings ? facings[row + seat] : -1;
      // A key of small whole numbers: symbols and kinds share colours beyond their lists.
      const tone = of >= 0 && of < 256 ? of : 256 + (Math.abs(of) % OTHER.length), ring = says > 0 ? 1 + ((says - 1) % SYMBOLS.length) : 0;
      const turn = facing >= 0 && facing <= 3 ? facing + 1 : 0;
      const key = ((tone * 8 + ring) * 5 + turn) * 5 + opacity;
      const x = this.x[i] * dpr, y = this.y[i] * dpr;
      if (this.pixels.disc(x, y, key)) continue;
      this.pixels.learn(x, y, key, this.describe(of, ring, turn - 1, opacity / 4, dpr));
      this.pixels.disc(x, y, key);
    }
    this.pixels.end(g);
  }

  // A disc for the stamps; lengths in device pixels.
  describe(kind, ring, facing, opacity, dpr) {
    const radius = this.seatRadius(kind) * dpr, colour = this.kindColour(kind);
    return {
      radius, fill: rgb(colour), ring: rgb(ring ? SYMBOLS[ring - 1] : this.theme.paper), ink: rgb(inkOn(colour)),
      width: ring ? Math.max(1.2, radius * 0.45) : radius >= 3 ? 1 : 0.5, facing, opacity,
    };
  }

  // Rings around the seats that differ from the twin's, the one under the pointer and the one that is followed.
  paintMarks(g, t, { kept, near, differs }) {
    const { board, theme } = this;
    if (!differs && kept < 0 && near < 0) return;
    const apart = new Path2D(), own = new Path2D();
    for (let i = 0; i < this.inView; i++) {
      const seat = this.seat[i];
      const marked = seat === kept || seat === near;
      if (!marked && !differs?.[seat]) continue;
      const r = this.seatRadius(board.kind(t, seat)), x = this.x[i], y = this.y[i];
      if (differs?.[seat]) { apart.moveTo(x + r + 5, y); apart.arc(x, y, r + 5, 0, 7); }
      if (marked) { own.moveTo(x + r + 1.5, y); own.arc(x, y, r + 1.5, 0, 7); }
    }
    g.strokeStyle = theme.dark ? "#ffffff" : "#111318";
    g.lineWidth = 3;
    g.stroke(own);
    if (!differs) return;
    g.strokeStyle = PARTED;
    g.lineWidth = 2.5;
    if (this.radius >= SMALL) g.setLineDash([5, 3]);
    g.stroke(apart);
    g.setLineDash([]);
  }

  // The seat at a pixel of the view, -1 where none is near: one look at each place, cheaper than to keep an index of
  // places that all change with every frame.
  seatAt(px, py) {
    let best = -1, reach = Math.max(this.radius * 1.2, 12) ** 2;
    for (let i = 0; i < this.inView; i++) {
      const d = (this.x[i] - px) ** 2 + (this.y[i] - py) ** 2;
      if (d < reach) { best = this.seat[i]; reach = d; }
    }
    return best;
  }
}
