// One board on the page: its canvas, its title, the box beside a seat, and what the pointer does on it.

const STILL = 4; // a press that moves less than this is a click

class Pane {
  // `player` is told: near(pane, seat), chose(pane, seat), moved().
  constructor(player, board, camera) {
    this.player = player;
    this.board = board;
    this.camera = camera;
    this.painter = new Painter(board, camera);
    this.near = -1;
    this.figure = element("figure", null, "pane");
    this.caption = element("figcaption");
    this.title = element("b", board.title);
    this.state = element("small");
    this.caption.append(this.title, this.state);
    this.canvas = element("canvas", null, "board");
    this.canvas.setAttribute("role", "img");
    this.tip = element("div", null, "tip");
    this.tip.hidden = true;
    const stage = element("div", null, "stage");
    stage.append(this.canvas, this.tip);
    this.figure.append(this.caption, stage);
    this.listen();
  }

  listen() {
    const on = (name, act) => this.canvas.addEventListener(name, act);
    on("pointermove", (e) => this.move(e));
    on("pointerleave", () => { this.near = -1; this.player.repaint(); });
    on("pointerdown", (e) => {
      this.pressed = { x: e.clientX, y: e.clientY, moved: false };
      this.canvas.setPointerCapture(e.pointerId);
    });
    on("pointerup", (e) => {
      const pressed = this.pressed;
      this.pressed = null;
      if (pressed && !pressed.moved) this.player.chose(this, this.seatUnder(e));
    });
    on("pointercancel", () => (this.pressed = null));
    this.canvas.addEventListener("wheel", (e) => {
      if (this.player.layout === "mosaic") return;
      e.preventDefault();
      const box = this.canvas.getBoundingClientRect();
      this.camera.zoomAt(Math.exp(-Math.max(-240, Math.min(e.deltaY, 240)) / 400), e.clientX - box.left, e.clientY - box.top);
      this.player.moved();
    }, { passive: false });
  }

  move(e) {
    const { pressed } = this;
    if (pressed && this.player.layout !== "mosaic") {
      const dx = e.clientX - pressed.x, dy = e.clientY - pressed.y;
      pressed.moved ||= Math.hypot(dx, dy) > STILL;
      if (pressed.moved) {
        this.camera.pan(dx, dy);
        pressed.x = e.clientX;
        pressed.y = e.clientY;
        return this.player.moved();
      }
    }
    const near = this.seatUnder(e);
    if (near !== this.near) { this.near = near; this.player.repaint(); }
  }

  seatUnder(e) {
    const box = this.canvas.getBoundingClientRect();
    return this.painter.seatAt(e.clientX - box.left, e.clientY - box.top);
  }

  // `differs`: how many seats differ from the twin's, and which.
  paint(now, theme, kept, near, differs) {
    const dpr = window.devicePixelRatio || 1, w = Math.round(this.camera.viewWidth * dpr), h = Math.round(this.camera.viewHeight * dpr);
    if (this.canvas.width !== w || this.canvas.height !== h) sizeCanvas(this.canvas, this.camera.viewWidth, this.camera.viewHeight);
    this.g ??= this.canvas.getContext("2d");
    this.g.setTransform(dpr, 0, 0, dpr, 0, 0);
    this.painter.paint(this.g, now, theme, { kept, near: this.near >= 0 ? this.near : near, differs });
    this.paintTip(now);
  }

  paintTip(now) {
    const seat = this.near, { board, tip } = this, spot = seat >= 0 ? board.where(now, seat) : null;
    tip.hidden = !spot;
    if (!spot) return;
    const t = board.shown(now), key = `${seat} ${t}`;
    if (this.told !== key) {
      this.told = key;
      const kind = kindName(board, t, seat);
      const lines = [element("b", `seat ${seat}${kind ? ", " + kind : ""}`)];
      for (const field of [...board.facts.values.map((name) => "value." + name), "said"]) {
        const text = fieldWords(board, field, board.value(field, t, seat));
        if (!text) continue;
        const line = element("div");
        line.append(element("span", fieldName(field)), element("span", text));
        lines.push(line);
      }
      tip.replaceChildren(...lines.slice(0, 14));
    }
    const { viewWidth, viewHeight } = this.camera, far = this.painter.radius * 1.9;
    const x = this.camera.across(spot[0]) + viewWidth / 2, y = this.camera.down(spot[1]) + viewHeight / 2;
    const right = x + far + tip.offsetWidth < viewWidth || x - far - tip.offsetWidth < 0;
    tip.style.left = (right ? x + far : x - far - tip.offsetWidth) + "px";
    tip.style.top = Math.max(0, Math.min(y - 30, viewHeight - tip.offsetHeight)) + "px";
  }

  // The text alternative; made when time stands still.
  describe(now) { this.canvas.setAttribute("aria-label", boardWords(this.board, Math.min(Math.floor(now), this.board.ticks.length - 1))); }
}
