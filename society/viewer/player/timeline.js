// The bar of time: what happened when. Each kind has its own lane and shape: first uses (diamonds) at the top, strikes
// (bars up) and deals (bars down) at the line, deaths (crosses) at the bottom; where twins part, a line through all.

const TRACK = 54, LINE = 29, BIN = 4, NEAR = 6;
const LANES = [["firsts", 0, 16], ["strikes", 16, LINE], ["trades", LINE, 42], ["deaths", 42, TRACK]];

class Timeline {
  constructor(player, root) {
    this.player = player;
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.scrub = this.find(".scrub");
    this.needle = this.find(".needle"); // the thumb that is seen: moving the input's own would lay out the page anew
    this.tip = this.find(".when");
    this.scrub.addEventListener("input", () => this.player.seek(Number(this.scrub.value)));
    this.scrub.addEventListener("change", () => this.settle());
    this.scrub.addEventListener("pointerdown", (e) => (this.pressed = this.markAt(e)));
    this.scrub.addEventListener("pointermove", (e) => this.hover(e));
    this.scrub.addEventListener("pointerleave", () => (this.tip.hidden = true));
  }

  // The end of a movement of the hand. A press on a mark that did not move away from it goes to the mark.
  settle() {
    const mark = this.pressed, at = Number(this.scrub.value);
    this.pressed = null;
    this.player.seek(mark && Math.abs(this.place(mark.index) - this.place(at)) <= NEAR + 2 ? mark.index : Math.round(at), true);
  }

  // Marks of all boards, each [index of its tick, lane, words, symbol], by index.
  take(clock, boards, parted) {
    this.clock = clock;
    this.parted = parted >= 0 && clock.ticks.length ? clock.indexOf(parted) : -1;
    this.partedTick = parted;
    this.marks = [];
    const words = { firsts: firstWords, deaths: deathWords };
    for (const board of boards) {
      const whose = boards.length > 1 && board.title ? `${board.title}: ` : "";
      for (const lane of ["firsts", "deaths"]) {
        for (let row = 0; row < board[lane].size; row++) {
          const index = clock.indexOf(board[lane].tick[row]);
          if (clock.ticks[index] === board[lane].tick[row]) {
            this.marks.push({ index, lane, words: whose + words[lane](board, row), symbol: board.firsts.symbol?.[row] ?? 0 });
          }
        }
      }
    }
    this.counts = Object.fromEntries(["strikes", "trades"].map((lane) => [lane, this.count(lane, boards)]));
    this.scrub.max = clock.last;
    this.layout();
  }

  // How many events of a lane each tick has.
  count(lane, boards) {
    const counts = new Uint32Array(this.clock.ticks.length);
    for (const board of boards) {
      for (let t = 0; t < board.ticks.length; t++) {
        const many = board[lane].starts[t + 1] - board[lane].starts[t];
        if (many) counts[this.clock.indexOf(board.ticks[t])] += many;
      }
    }
    return counts;
  }

  // Where an index lies, in pixels of the track: a thumb's half width from either end.
  place(index) { return 3 + ((this.width - 6) * index) / Math.max(this.clock.last, 1); }

  layout(theme = this.theme) {
    this.theme = theme;
    if (!this.clock || !theme) return;
    this.width = Math.max(this.root.clientWidth, 40);
    this.bins = Math.max(1, Math.floor(this.width / BIN));
    const g = sizeCanvas(this.find(".marks"), this.width, TRACK);
    g.fillStyle = theme.faint;
    g.fillRect(3, LINE - 1.5, this.width - 6, 3);
    this.drawBars(g, "strikes", STRIKE);
    this.drawBars(g, "trades", DEAL);
    for (const mark of this.marks) {
      g.save();
      g.translate(this.place(mark.index), mark.lane === "firsts" ? 8 : 48);
      if (mark.lane === "firsts") drawFirst(g, 6, mark.symbol, theme);
      else drawCross(g, 3.5, theme.ink, 1.8);
      g.restore();
    }
    if (this.parted < 0) return;
    g.strokeStyle = g.fillStyle = PARTED;
    g.lineWidth = 2;
    g.setLineDash([4, 3]);
    const x = this.place(this.parted);
    g.beginPath(); g.moveTo(x, 0); g.lineTo(x, TRACK); g.stroke();
    g.setLineDash([]);
    g.beginPath(); g.moveTo(x - 6, 0); g.lineTo(x + 6, 0); g.lineTo(x, 9); g.closePath(); g.fill();
  }

  binOf(index) { return Math.min(this.bins - 1, Math.floor((index / Math.max(this.clock.last, 1)) * this.bins)); }

  // One bar for each bin, as tall as it has many.
  drawBars(g, lane, colour) {
    const bins = new Float64Array(this.bins);
    this.counts[lane].forEach((many, index) => (bins[this.binOf(index)] += many));
    let most = 3;
    for (const many of bins) most = Math.max(most, many);
    g.fillStyle = colour;
    bins.forEach((many, bin) => {
      if (!many) return;
      const tall = 3 + (many / most) * 9, x = this.place(((bin + 0.5) * this.clock.last) / this.bins);
      g.fillRect(x - 1.25, lane === "strikes" ? LINE - 3 - tall : LINE + 3, 2.5, tall);
    });
  }

  // What is marked under the pointer: {index to go to, words}, or null.
  markAt(event) {
    if (!this.clock?.ticks.length) return null;
    const box = this.root.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    if (this.parted >= 0 && Math.abs(this.place(this.parted) - x) <= NEAR) {
      return { index: this.parted, words: `tick ${this.partedTick}: the two worlds part` };
    }
    const [lane] = LANES.find(([, from, to]) => y >= from && y < to) ?? [null];
    return lane === "firsts" || lane === "deaths" ? this.markIn(lane, x) : lane ? this.countIn(lane, x) : null;
  }

  markIn(lane, x) {
    const near = this.marks.filter((mark) => mark.lane === lane && Math.abs(this.place(mark.index) - x) <= NEAR);
    if (!near.length) return null;
    near.sort((a, b) => Math.abs(this.place(a.index) - x) - Math.abs(this.place(b.index) - x) || a.index - b.index);
    const words = near.slice(0, 4).map((mark) => `tick ${this.clock.ticks[mark.index]}: ${mark.words}`);
    return { index: near[0].index, words: words.join("\n") + (near.length > 4 ? `\nand ${near.length - 4} more` : "") };
  }

  countIn(lane, x) {
    let best = null;
    const counts = this.counts[lane];
    for (let index = 0, many = 0, first = -1; index < counts.length; index++) {
      many += counts[index];
      if (counts[index] && first < 0) first = index;
      if (index + 1 < counts.length && this.binOf(index + 1) === this.binOf(index)) continue;
      const away = Math.abs(this.place(((this.binOf(index) + 0.5) * this.clock.last) / this.bins) - x);
      if (many && away <= NEAR && (!best || away < best.away)) best = { away, index: first, last: index, many };
      many = 0;
      first = -1;
    }
    if (!best) return null;
    const { ticks } = this.clock, name = { trades: "deal", strikes: "strike" }[lane] + (best.many === 1 ? "" : "s");
    const when = best.many === 1 || best.index === best.last ? `tick ${ticks[best.index]}` : `ticks ${ticks[best.index]} to ${ticks[best.last]}`;
    return { index: best.index, words: `${when}: ${best.many} ${name}` };
  }

  hover(event) {
    if (!this.clock?.ticks.length) return;
    const box = this.root.getBoundingClientRect(), x = event.clientX - box.left, mark = this.markAt(event);
    const index = Math.round(((x - 3) / Math.max(this.width - 6, 1)) * this.clock.last);
    setText(this.tip, mark?.words ?? `tick ${this.clock.ticks[Math.max(0, Math.min(index, this.clock.last))]}`);
    this.tip.hidden = false;
    this.tip.style.left = Math.max(0, Math.min(x - this.tip.offsetWidth / 2, this.width - this.tip.offsetWidth)) + "px";
  }

  paint() {
    if (!this.clock || !this.width) return;
    this.needle.style.transform = `translateX(${this.place(this.clock.now).toFixed(1)}px)`;
    const words = `tick ${this.clock.tick} of ${this.clock.ticks[this.clock.last] ?? 0}`;
    if (this.words === words && this.player.playing) return;
    this.words = words;
    this.scrub.value = this.clock.now;
    this.scrub.setAttribute("aria-valuetext", words);
  }
}
