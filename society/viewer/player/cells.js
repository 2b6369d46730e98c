// The ground and what lies in its cells: one pixel a cell, scaled up; over it, where cells are large, a mask of gaps.

// How much of its own colour a cell has: goods lie paler than seats, a picture is as it was painted.
const strength = (facts, theme) => (theme.dark ? 0.72 : facts.sizes.length ? 1 : 0.62);

class Cells {
  constructor(board) { this.board = board; }

  paint(g, t, camera, theme) {
    const { width, height } = this.board.facts, ground = groundOf(this.board.facts, theme.dark);
    g.fillStyle = ground;
    g.fillRect(0, 0, camera.viewWidth, camera.viewHeight);
    const { scale } = camera, picture = this.board.facts.sizes.length > 0;
    if (this.board.cells && t >= 0) {
      this.fill(t, theme);
      g.imageSmoothingEnabled = false;
      this.copies(camera, (x, y) => g.drawImage(this.canvas, x, y, width * scale, height * scale));
      g.imageSmoothingEnabled = true;
    }
    if (scale <= 9 || picture) return;
    this.makeMask(camera, ground, theme.dark);
    const dpr = window.devicePixelRatio || 1;
    const away = (at, half) => Math.round(((((half - at * scale) % scale) + scale) % scale - scale) * dpr) / dpr;
    g.drawImage(this.mask, away(camera.x, camera.viewWidth / 2), away(camera.y, camera.viewHeight / 2),
      this.mask.width / dpr, this.mask.height / dpr);
  }

  // Where the left top corner of the world, and of each copy of it that is in view, lies.
  copies(camera, draw) {
    const w = camera.width * camera.scale, h = camera.height * camera.scale;
    const left = camera.viewWidth / 2 - camera.x * camera.scale, top = camera.viewHeight / 2 - camera.y * camera.scale;
    const around = camera.wraps ? [-1, 0, 1] : [0];
    for (const i of around) {
      for (const j of around) {
        const x = left + i * w, y = top + j * h;
        if (x < camera.viewWidth && x + w > 0 && y < camera.viewHeight && y + h > 0) draw(x, y);
      }
    }
  }

  // Cell -> pixel, for this ground.
  paletteFor(theme) {
    if (this.dark === theme.dark) return this.palette;
    this.dark = theme.dark;
    const ground = rgb(groundOf(this.board.facts, theme.dark)), { legend } = this.board.facts;
    this.palette = Uint32Array.from({ length: 256 }, (_, cell) =>
      pixel(cell ? between(ground, rgb(legend[cell]?.[1] ?? other(cell)), strength(this.board.facts, theme)) : ground));
    return this.palette;
  }

  fill(t, theme) {
    const key = `${t} ${theme.dark}`, { width, height } = this.board.facts;
    if (this.filled === key) return;
    this.filled = key;
    if (!this.canvas) {
      this.canvas = document.createElement("canvas");
      this.canvas.width = width;
      this.canvas.height = height;
      this.g = this.canvas.getContext("2d", { willReadFrequently: true });
      this.image = new ImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const { pixels } = this, { cells } = this.board, palette = this.paletteFor(theme), from = t * width * height;
    for (let i = 0; i < pixels.length; i++) pixels[i] = palette[cells[from + i]];
    this.g.putImageData(this.image, 0, 0);
  }

  // The same as pixels, for `Pixels`: every row of pixels that shows the same row of cells is a copy of the one before.
  lay(out, wide, tall, margin, t, camera, theme, dpr) {
    const palette = this.paletteFor(theme), { cells } = this.board, { width, height, sizes } = this.board.facts;
    if (!cells || t < 0) return void out.fill(palette[0]);
    const s = camera.scale, gap = s > 9 && !sizes.length ? 0.16 : 0, from = t * width * height;
    const index = (pixels, half, middle, side) => {
      const at = ((pixels + 0.5 - margin) / dpr - half) / s + middle, within = at - Math.floor(at);
      if (within < gap || within > 1 - gap) return -1;
      const cell = Math.floor(at);
      return camera.wraps ? ((cell % side) + side) % side : cell >= 0 && cell < side ? cell : -1;
    };
    const columns = Int32Array.from({ length: wide }, (_, x) => index(x, camera.viewWidth / 2, camera.x, width));
    for (let y = 0, before = -2; y < tall; y++) {
      const row = index(y, camera.viewHeight / 2, camera.y, height), start = y * wide;
      if (row === before) out.copyWithin(start, start - wide, start);
      else if (row < 0) out.fill(palette[0], start, start + wide);
      else for (let x = 0; x < wide; x++) out[start + x] = columns[x] < 0 ? palette[0] : palette[cells[from + row * width + columns[x]]];
      before = row;
    }
  }

  // The ground with a rounded hole for each cell, a cell larger than the view: it is shifted as the view moves.
  makeMask(camera, ground, dark) {
    const dpr = window.devicePixelRatio || 1, s = camera.scale;
    const key = [s, dpr, ground, camera.viewWidth, camera.viewHeight].join();
    if (this.masked === key) return;
    this.masked = key;
    this.mask ??= document.createElement("canvas");
    const columns = Math.ceil(camera.viewWidth / s) + 1, rows = Math.ceil(camera.viewHeight / s) + 1, gap = 0.16 * s;
    this.mask.width = Math.round(columns * s * dpr);
    this.mask.height = Math.round(rows * s * dpr);
    const c = this.mask.getContext("2d");
    c.setTransform(dpr, 0, 0, dpr, 0, 0);
    c.fillStyle = ground;
    c.beginPath();
    c.rect(0, 0, columns * s, rows * s);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) c.roundRect(x * s + gap, y * s + gap, s - 2 * gap, s - 2 * gap, gap);
    }
    c.fill("evenodd");
    if (s <= 12) return;
    c.strokeStyle = dark ? "rgb(255 255 255 / 0.045)" : "rgb(0 0 0 / 0.045)";
    c.lineWidth = 1;
    c.beginPath();
    for (let x = 0; x <= columns; x++) { c.moveTo(x * s, 0); c.lineTo(x * s, rows * s); }
    for (let y = 0; y <= rows; y++) { c.moveTo(0, y * s); c.lineTo(columns * s, y * s); }
    c.stroke();
  }
}
