// The player: one per mounted element. A rerun that brings the same data changes nothing; one that brings another world
// keeps the tick, so that twins can be compared at the same moment; nothing of what was shown before is held.

const AROUND = 256, LEAST = 340, MOST = 820; // pixels of the page that are not boards, and the bounds of what is left for them
const WORDS_EVERY = 160, LOOKS_EVERY = 500; // milliseconds between new words in the tables, and looks at the theme, while playing

class Player {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.clock = new Clock();
    this.meter = new Meter();
    this.panes = [];
    this.playing = false;
    this.kept = this.pointed = -1;
    this.sent = new Set();
    this.timeline = new Timeline(this, this.find(".track"));
    this.roster = new Roster(this, this.find(".roster"));
    this.panel = new Panel(this, this.find(".panel"));
    this.tell = () => {};
    this.listen();
    this.observer = new ResizeObserver(() => (root.isConnected ? this.resize() : this.stop()));
    this.observer.observe(root);
  }

  listen() {
    const on = (name, event, act) => this.find(name).addEventListener(event, act);
    on(".play", "click", () => this.toggle());
    on(".back", "click", () => this.seek(Math.ceil(this.clock.now) - 1, true));
    on(".step", "click", () => this.seek(Math.floor(this.clock.now) + 1, true));
    on(".help", "click", () => this.help());
    on(".keys", "click", () => this.help());
    on(".live", "click", () => this.takeNext());
    const speed = this.find(".speed");
    speed.replaceChildren(...SPEEDS.map((s) => new Option(s + "×", String(s), s === 1, s === 1)));
    speed.addEventListener("change", () => (this.clock.speed = Number(speed.value)));
    this.find(".keys").replaceChildren(...keyCard());
    this.root.addEventListener("keydown", (event) => {
      if (event.target.closest("select") || (event.target.closest("button") && [" ", "Enter"].includes(event.key))) return;
      const act = keyAction(this, event);
      if (act && this.clock.ticks.length) { event.preventDefault(); event.stopPropagation(); act(); }
    });
  }

  // ------------------------------------------------------------------------------------------------------------- data

  async take(data) {
    const shown = [data.layout, data.live, ...data.boards.map((board) => `${board.id} ${board.title} ${checksum(board.blob)}`)].join("|");
    this.asking = Boolean(data.asking);
    this.adoptKept(data.kept ?? -1);
    const follow = this.takeFollow(data.follow);
    if (this.shown !== shown) {
      this.shown = shown;
      const arrays = await Promise.all(data.boards.map((board) => decode(board.blob)));
      if (this.gone || this.shown !== shown) return; // another world was asked for meanwhile
      this.receive(data, data.boards.map((board, i) => new Board(board, arrays[i])));
    }
    await follow;
    this.adoptStart(data.start ?? -1);
    this.repaint(true);
  }

  // Python's choice counts when it is a new one and not the echo of what was chosen here.
  adoptKept(kept) {
    if (kept !== this.givenKept && !this.sent.has(kept)) this.kept = kept;
    if (kept === this.kept) this.sent.clear();
    this.givenKept = kept;
  }

  // Another tick asked for from outside is a jump (a fraction makes it another one), the first is only the beginning.
  adoptStart(start) {
    const { ticks } = this.clock, other = this.givenStart !== undefined && start !== this.givenStart, tick = Math.floor(start);
    this.givenStart = start;
    if (other && ticks.length && tick >= ticks[0] && tick <= ticks[this.clock.last]) this.seek(this.clock.indexOf(tick));
  }

  async takeFollow(follow) {
    const id = follow ? `${follow.seat} ${checksum(follow.blob)}` : "";
    if (this.followed === id) return;
    this.followed = id;
    const arrays = follow ? await decode(follow.blob) : null;
    if (this.followed === id) this.panel.take(follow, arrays);
  }

  // Live ticks that come after those on the screen wait until these have been played, or until a paused hand goes on.
  receive(data, boards) {
    const first = boards[0]?.ticks[0], last = this.clock.ticks[this.clock.last];
    const later = data.live && this.panes.length > 0 && this.clock.ticks.length > 0 && first > last;
    if (!later) return this.begin(data, boards);
    this.next = { data, boards };
    if (this.waiting) this.takeNext();
    else this.showLive();
  }

  takeNext() {
    if (!this.next) return;
    const { data, boards } = this.next;
    this.next = null;
    this.begin(data, boards);
    this.play();
  }

  begin(data, boards) {
    const first = !this.panes.length, tick = first ? Math.floor(data.start ?? -1) : this.clock.tick;
    this.next = null;
    this.waiting = false;
    this.layout = data.layout ?? "one";
    this.live = Boolean(data.live);
    this.parted = data.parted ?? -1;
    this.boards = boards;
    this.clock.take(boards);
    const { ticks } = this.clock, inside = ticks.length && tick >= ticks[0] && tick <= ticks[this.clock.last];
    this.clock.seek(inside ? this.clock.indexOf(tick) : 0); // another window begins at its beginning
    this.kept = Math.min(this.kept, Math.max(...boards.map((board) => board.count), 0) - 1);
    this.compared = null;
    this.furnish();
    if (first && this.live && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  // Panes, tables and marks for these boards.
  furnish() {
    const shared = this.panes[0]?.camera ?? new Camera();
    this.panes = this.boards.map((board) => new Pane(this, board, this.layout === "mosaic" ? new Camera() : shared));
    this.find(".boards").replaceChildren(...this.panes.map((pane) => pane.figure));
    this.differs = this.layout === "twin" && this.boards.length === 2 ? this.boards.map((board) => new Uint8Array(board.count)) : null;
    for (const name of ["one", "twin", "mosaic"]) this.root.classList.toggle(name, this.layout === name);
    this.find(".roster").hidden = this.layout === "mosaic";
    if (this.boards.length) this.roster.take(this.boards.slice(0, 2));
    this.theme = readTheme(this.root);
    this.refreshLegend();
    this.timeline.theme = this.theme;
    this.timeline.take(this.clock, this.boards, this.parted);
    this.showLive();
    this.resize();
    this.settled();
  }

  refreshLegend() {
    if (this.boards?.length) this.find(".legend").replaceChildren(...legendOf(this.boards, this.parted, this.theme));
  }

  showLive() {
    const badge = this.find(".live"), newest = this.next?.boards[0].ticks;
    badge.hidden = !this.live;
    badge.disabled = !newest;
    setText(badge, newest ? `● live: newer ticks, from ${newest[0]}` : this.waiting ? "● live: waits for newer ticks" : "● live");
  }

  // ------------------------------------------------------------------------------------------------------------- time

  toggle() {
    if (!this.playing) return this.play();
    this.pause();
  }

  play() {
    if (!this.clock.ticks.length || this.playing) return;
    if (this.clock.ended && this.next) return this.takeNext();
    if (this.clock.ended && !this.waiting) this.clock.seek(0);
    this.waiting = false;
    this.playing = true;
    this.root.classList.add("playing");
    this.before = performance.now();
    this.meter.reset(this.before);
    this.frame = requestAnimationFrame((time) => this.run(time));
  }

  pause() {
    this.playing = this.waiting = false;
    cancelAnimationFrame(this.frame);
    this.root.classList.remove("playing");
    this.seek(Math.floor(this.clock.now), true);
  }

  run(time) {
    if (!this.playing) return;
    if (!this.root.isConnected) return this.stop();
    this.frame = requestAnimationFrame((next) => this.run(next));
    this.clock.pass(time - this.before);
    this.before = time;
    this.paint();
    if (this.meter.count(time, performance.now() - this.paintedAt)) {
      this.root.dataset.fps = this.meter.fps.toFixed(1);
      this.root.dataset.paintMs = this.meter.mean.toFixed(2);
    }
    if (this.clock.ended) this.end();
  }

  // At the end a live run waits for its next ticks; a finished one stands still.
  end() {
    if (!this.live) return this.pause();
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.root.classList.remove("playing");
    if (this.next) return this.takeNext();
    this.waiting = true; // nobody chose this tick: the address does not learn of it
    this.showLive();
    this.repaint(true);
  }

  // Go to an index; `settled` ends a movement of the hand, and the address learns of the tick.
  seek(now, settled = false) {
    if (!this.clock.ticks.length) return;
    this.waiting = false;
    this.clock.seek(now);
    this.repaint(true);
    if (settled && !this.playing) {
      this.settled();
      this.tell("tick", this.clock.tick);
    }
  }

  // Time stands still: words for those who do not see the boards, figures for those who test.
  settled() {
    if (!this.panes.length) return;
    for (const pane of this.panes) pane.describe(this.clock.moment(pane.board));
    setText(this.find(".spoken"), boardWords(this.boards[0], Math.floor(this.clock.moment(this.boards[0]))));
  }

  // ------------------------------------------------------------------------------------------------------------ seats

  chose(pane, seat) {
    this.root.focus({ preventScroll: true });
    if (this.layout === "mosaic") return this.tell("world", this.panes.indexOf(pane));
    if (seat >= 0) this.keep(seat);
  }

  // Follow a seat; the one that is followed already is let go.
  keep(seat) {
    this.kept = seat === this.kept ? -1 : seat;
    this.sent.add(this.kept);
    this.tell("kept", this.kept);
    this.repaint(true);
  }

  followNext(step) {
    const count = this.boards[0]?.count ?? 0;
    if (count && this.layout !== "mosaic") this.keep(this.kept < 0 ? (step > 0 ? 0 : count - 1) : (this.kept + step + count) % count);
  }

  escape() {
    if (!this.find(".keys").hidden) this.help();
    else if (this.kept >= 0) this.keep(this.kept);
  }

  point(seat) {
    this.pointed = seat;
    this.repaint();
  }

  help() {
    const card = this.find(".keys");
    card.hidden = !card.hidden;
    this.find(".help").setAttribute("aria-expanded", String(!card.hidden));
  }

  zoom(factor) {
    const camera = this.panes[0]?.camera;
    if (!camera || this.layout === "mosaic") return;
    if (factor) camera.zoomAt(factor);
    else camera.fit();
    this.repaint(true);
  }

  moved() { this.repaint(true); }

  // --------------------------------------------------------------------------------------------------------- painting

  resize() {
    if (!this.boards?.length) return;
    const { side, columns, beside } = layoutOf(this.layout, this.boards, this.root.clientWidth, this.tall());
    this.root.classList.toggle("beside", beside);
    this.find(".boards").style.gridTemplateColumns = `repeat(${columns}, max-content)`;
    for (const pane of this.panes) pane.camera.frame(pane.board.facts, side);
    this.find(".side").style.maxHeight = beside ? `${Math.max(LEAST, side * this.boards[0].facts.height)}px` : "";
    this.timeline.layout();
    this.repaint(true);
  }

  // Room for boards: with them the bar is to be seen, and with a mosaic the legend.
  tall() { return Math.max(LEAST, Math.min(innerHeight - AROUND - (this.layout === "mosaic" ? 40 : 0), MOST)); }

  // Paint with the next frame; `words`: the tables too. While playing every frame is painted anyway.
  repaint(words = false) {
    this.wordy ||= words;
    if (this.playing || this.planned || this.gone) return;
    this.planned = requestAnimationFrame((time) => {
      this.planned = 0;
      this.paint(time);
    });
  }

  look(time) {
    if (this.looked && time - this.looked < LOOKS_EVERY) return;
    this.looked = time;
    const theme = readTheme(this.root);
    if (theme.dark === this.theme?.dark && theme.family === this.theme.family) return;
    this.theme = theme;
    this.refreshLegend();
    this.timeline.layout(theme);
  }

  paint() {
    if (this.gone || !this.panes.length) return;
    const time = this.paintedAt = performance.now();
    this.look(time);
    const moments = this.boards.map((board) => this.clock.moment(board));
    this.follow(moments[0]);
    if (this.differs) this.compare(moments);
    this.panes.forEach((pane, i) => pane.paint(moments[i], this.theme, this.kept, this.pointed, this.partedCount ? this.differs[i] : null));
    this.timeline.paint();
    if (this.playing && !this.wordy && time - (this.wordsAt ?? 0) < WORDS_EVERY) return;
    this.wordsAt = time;
    this.wordy = false;
    this.paintWords(moments);
  }

  // Keep the followed seat in view as it moves.
  follow(now) {
    const key = `${this.kept} ${now}`, [pane] = this.panes;
    if (this.kept < 0 || this.layout === "mosaic" || this.lookedAt === key) return; // a hand may look elsewhere meanwhile
    this.lookedAt = key;
    const spot = pane.board.where(now, this.kept);
    if (spot) pane.camera.keepInView(spot[0], spot[1]);
  }

  // Which seats differ between the twins at this tick.
  compare(moments) {
    const [a, b] = this.boards, [t, u] = this.boards.map((board, i) => board.shown(moments[i])), key = `${t} ${u}`;
    if (this.compared === key) return;
    this.compared = key;
    this.partedCount = a.ticks.length && b.ticks.length ? a.differences(t, b, u, this.differs[0]) : 0;
    this.differs[1].set(this.differs[0].subarray(0, this.differs[1].length));
    const { tick } = this.clock, after = this.parted >= 0 && tick >= this.parted;
    const words = this.parted < 0 ? "the same at every tick" : !after ? `the same until tick ${this.parted}`
      : `parted at tick ${this.parted}; ${this.partedCount} of ${a.count} seats differ now`;
    for (const pane of this.panes) {
      setText(pane.state, words);
      pane.figure.classList.toggle("parted", after);
    }
  }

  paintWords(moments) {
    const [board] = this.boards, [{ painter }] = this.panes, t = board.shown(moments[0]), following = this.kept >= 0 && this.layout !== "mosaic";
    const { tick } = this.clock, clock = this.find(".clock"), last = this.clock.ticks[this.clock.last] ?? 0;
    if (this.clockShown !== `${tick} ${last}`) {
      this.clockShown = `${tick} ${last}`;
      clock.replaceChildren(`tick ${tick} `, element("small", `of ${last}`));
    }
    this.find(".panel").hidden = !following;
    this.find(".roster").hidden = following || this.layout === "mosaic";
    if (following && t >= 0) this.panel.paint(board, painter, t, this.kept, this.asking, this.theme);
    else if (this.layout !== "mosaic" && t >= 0) this.roster.paint(moments, painter, this.kept, Math.max(this.pointed, this.panes[0].near));
    if (this.layout !== "mosaic" && t >= 0) paintLog(this.find(".log"), this.boards, moments.map((now) => Math.floor(now)));
    this.publish(painter);
  }

  // What tests and the curious may read: the tick, who is followed, and where on the first board some seat is.
  publish(painter) {
    const { dataset } = this.root, { camera } = this.panes[0];
    dataset.tick = this.clock.tick;
    dataset.kept = this.kept;
    dataset.zoom = camera.zoom.toFixed(2);
    dataset.inView = painter.inView;
    const inside = (x, y) => x > 0 && y > 0 && x < camera.viewWidth && y < camera.viewHeight;
    let i = 0;
    while (i < painter.inView && !inside(painter.x[i], painter.y[i])) i++;
    dataset.sample = i < painter.inView ? `${painter.seat[i]} ${painter.x[i].toFixed(1)} ${painter.y[i].toFixed(1)}` : "";
  }

  stop() {
    this.gone = true;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.planned);
    this.observer.disconnect();
    this.panes = [];
    this.boards = this.next = null;
  }
}

const players = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".player");
  let player = players.get(root);
  if (!player) {
    player = new Player(root);
    players.set(root, player);
  }
  player.tell = setStateValue;
  player.take(unpack(data));
  return () => {
    if (!root.isConnected) { player.stop(); players.delete(root); }
  };
}
