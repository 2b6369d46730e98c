// The followed seat: what it holds and says (from the frames), what it sees and hears, what it thinks its future is
// worth and what it was about to do (from its mind, where one has been asked).

class Panel {
  constructor(player, root) {
    this.player = player;
    this.root = root;
    this.inside = null;
  }

  // The arrays of a mind (see decode), null while there are none.
  take(follow, arrays) {
    this.inside = null;
    this.seat = this.built = null;
    if (!follow || !arrays?.tick) return;
    const { facts } = follow, listed = (list) => (Array.isArray(list) ? list : []);
    const hearing = new Set(listed(facts.hearing));
    const fields = listed(facts.fields).map(([name]) => name).filter((name) => arrays["field." + name]);
    this.inside = {
      seat: follow.seat, same: facts.same !== false, ticks: arrays.tick.data, value: arrays.value?.data ?? null,
      sees: fields.filter((name) => !hearing.has(name)), hears: fields.filter((name) => hearing.has(name)),
      heads: listed(facts.heads).map(([name]) => name).filter((name) => arrays["head." + name] && arrays["did." + name]),
      arrays, most: new Map(),
    };
  }

  // Where a tick stands among those that the mind was asked about, -1 where it was not.
  indexOf(tick) {
    const index = Board.prototype.frameOf.call(this.inside, tick);
    return this.inside.ticks[index] === tick ? index : -1;
  }

  paint(board, painter, t, seat, asking, theme) {
    this.theme = theme;
    if (this.seat !== seat || this.board !== board || this.asking !== asking || !this.built) this.build(board, painter, t, seat, asking);
    this.head(t, painter);
    this.holds(t);
    if (this.mind) this.think(board.ticks[t]);
  }

  build(board, painter, t, seat, asking) {
    Object.assign(this, { board, seat, asking, built: true });
    this.mind = this.inside && this.inside.seat === seat ? this.inside : null;
    this.disc = element("span", String(seat), "disc");
    this.name = element("b");
    const close = button("×", "close", () => this.player.keep(seat), "stop following");
    close.title = "stop following (Esc)";
    const head = element("header");
    head.append(this.disc, this.name, close);
    this.table = element("div", null, "holds");
    this.read = element("output", null, "read");
    this.parts = [];
    const body = this.mind ? this.mindParts() : asking ? [element("p", "asking its mind…", "note asking")] : [];
    const grid = element("div", null, "mind");
    grid.append(...body);
    this.root.replaceChildren(head, this.table, grid, this.read);
  }

  head(t, painter) {
    const colour = painter.kindColour(this.board.kind(t, this.seat)), kind = kindName(this.board, t, this.seat);
    this.disc.style.background = colour;
    this.disc.style.color = inkOn(colour);
    setText(this.name, `seat ${this.seat}${kind ? ", " + kind : ""}`);
  }

  // Its values, each with its name.
  holds(t) {
    const { board, seat } = this, goods = new Set(board.facts.goods.map(([name]) => "value.holds " + name));
    const items = Object.keys(board.seats).filter((field) => field !== "kind" && field !== "x" && field !== "y").map((field) => {
      const item = element("span", null, goods.has(field) ? "good" : ""), value = board.value(field, t, seat);
      item.append(element("small", goods.has(field) ? `holds ${fieldName(field)}` : fieldName(field)));
      item.append(field === "said" && value > 0 ? symbolPill(value) : element("b", fieldWords(board, field, value) || NONE));
      return item;
    });
    const place = board.place(t, seat), where = element("span");
    where.append(element("small", "at"), element("b", place ? place.map((one) => Number(one.toFixed(1))).join(", ") : "nowhere"));
    this.table.replaceChildren(...items, where);
  }

  section(title, hint) {
    const head = element("h4", title);
    head.append(element("small", hint));
    return head;
  }

  canvasOf(label, indexAt, says) {
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
    canvas.addEventListener("pointermove", (e) => {
      const index = indexAt(e, canvas);
      setText(this.read, index < 0 ? "" : says(index));
    });
    canvas.addEventListener("pointerleave", () => setText(this.read, ""));
    return canvas;
  }

  mindParts() {
    const { mind } = this, made = [];
    if (!mind.same) made.push(element("p", "Its mind, asked again, did not act as recorded: what follows may differ from what it saw then.", "note"));
    this.away = element("p", "Its mind was not asked about this tick.", "note");
    made.push(this.away);
    if (mind.value) {
      this.curveRead = element("small");
      const head = element("h4", "Value"), block = element("div");
      head.append(this.curveRead);
      this.curve = element("canvas");
      this.curve.setAttribute("role", "img");
      block.append(head, this.curve);
      made.push(block);
    }
    if (mind.heads.length) {
      const block = element("div"), heads = element("div", null, "heads");
      heads.append(...mind.heads.flatMap((name) => this.headParts(name)));
      block.append(this.section("Acts", "probability of each option, ▲ what it did"), heads);
      made.push(block);
    }
    if (mind.sees.length) made.push(this.section("Sees", "− orange, 0, + blue"), ...mind.sees.map((name) => this.fieldPart(name)));
    if (mind.hears.length) made.push(this.section("Hears", ""), ...mind.hears.map((name) => this.fieldPart(name)));
    return made;
  }

  fieldPart(name) {
    const { data, shape } = this.mind.arrays["field." + name], size = shape[1];
    if (!this.mind.most.has(name)) this.mind.most.set(name, extent(data));
    const most = this.mind.most.get(name), row = element("div", null, "field");
    const values = () => data.subarray(this.index * size, (this.index + 1) * size);
    const canvas = this.canvasOf(name, (e, c) => stripIndex(e, c, size), (i) => `${name}[${i}] = ${brief(values()[i])}`);
    const label = element("span", name);
    label.title = `${name}: ${size} numbers, up to ${brief(most)} in size`;
    row.append(label, canvas);
    this.parts.push(() => {
      drawStrip(canvas, values(), most, this.theme);
      if (size <= 12) canvas.setAttribute("aria-label", `${name}: ${[...values()].map(brief).join(", ")}`);
    });
    return row;
  }

  // One row of bars for each position of a head: a move has one, a message several.
  headParts(name) {
    const shares = this.mind.arrays["head." + name], did = this.mind.arrays["did." + name], [, positions, options] = shares.shape;
    return Array.from({ length: positions }, (_, position) => {
      const row = element("div", null, "field"), called = positions > 1 ? `${name} ${position + 1}` : name, label = element("span", called);
      const values = () => {
        const from = (this.index * positions + position) * options;
        return Array.from(shares.data.subarray(from, from + options));
      };
      const canvas = this.canvasOf(called, (e, c) => barIndex(e, c, options), (i) => `${called} ${i}: ${(100 * values()[i]).toFixed(1)} %`);
      row.append(label, canvas);
      this.parts.push(() => {
        const chosen = did.data[this.index * positions + position], found = values();
        drawBars(canvas, found, chosen, this.theme);
        const text = `${called}: ${chosen} (${(100 * (found[chosen] ?? NaN)).toFixed(0)} %)`;
        canvas.setAttribute("aria-label", `what it did and how probable that was: ${text}`);
        setText(label, text);
      });
      return row;
    });
  }

  think(tick) {
    this.index = this.indexOf(tick);
    const known = this.index >= 0;
    this.away.hidden = known;
    if (this.mind.value) {
      const value = known ? this.mind.value[this.index] : NaN;
      drawCurve(this.curve, this.mind.value, this.index, this.theme);
      setText(this.curveRead, known ? `${brief(value)}: what it expects to earn from here on` : "");
      this.curve.setAttribute("aria-label", `value estimate over time${known ? `, now ${brief(value)}` : ""}`);
    }
    if (known) for (const draw of this.parts) draw();
  }
}
