// What part of a world is seen. Places are in cells, a seat of cell c at c + 0.5; the view is in CSS pixels.

const CLOSEST = 140; // pixels of a cell, and
const MOST_ZOOM = 48;

class Camera {
  constructor() {
    this.zoom = 1;
    this.width = this.height = 1;
    this.side = 1; // pixels of a cell when all of the world is seen
  }

  // Another world, or another size of the view; what is seen stays where the world has the same sides.
  frame(facts, side) {
    const same = this.width === facts.width && this.height === facts.height && this.wraps === facts.wraps;
    this.side = side;
    this.viewWidth = side * facts.width;
    this.viewHeight = side * facts.height;
    if (same) return this.clamp();
    this.width = facts.width;
    this.height = facts.height;
    this.wraps = facts.wraps;
    this.fit();
  }

  get scale() { return this.side * this.zoom; }

  get moved() { return this.zoom > 1 || this.x !== this.width / 2 || this.y !== this.height / 2; }

  fit() {
    this.zoom = 1;
    this.x = this.width / 2;
    this.y = this.height / 2;
  }

  // On a torus there is no edge; elsewhere nothing beyond the edge is shown.
  clamp() {
    this.zoom = Math.max(1, Math.min(this.zoom, MOST_ZOOM, Math.max(1, CLOSEST / this.side)));
    const held = (at, side) => {
      if (this.wraps) return ((at % side) + side) % side;
      const half = side / this.zoom / 2;
      return Math.max(half, Math.min(at, side - half));
    };
    this.x = held(this.x, this.width);
    this.y = held(this.y, this.height);
  }

  // Zoom so that what lies under this pixel stays there.
  zoomAt(factor, px = this.viewWidth / 2, py = this.viewHeight / 2) {
    const dx = px - this.viewWidth / 2, dy = py - this.viewHeight / 2, before = this.scale;
    this.zoom *= factor;
    this.zoom = Math.max(1, Math.min(this.zoom, MOST_ZOOM, Math.max(1, CLOSEST / this.side)));
    if (this.zoom === 1 && !this.wraps) return this.fit();
    this.x += dx / before - dx / this.scale;
    this.y += dy / before - dy / this.scale;
    this.clamp();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.clamp();
  }

  // Pixels from the middle of the view to a place, the short way round a torus.
  across(x) {
    const d = x + 0.5 - this.x;
    return (this.wraps ? d - this.width * Math.round(d / this.width) : d) * this.scale;
  }

  down(y) {
    const d = y + 0.5 - this.y;
    return (this.wraps ? d - this.height * Math.round(d / this.height) : d) * this.scale;
  }

  // Where zoomed, move just so far that a place stays within the middle half of the view.
  keepInView(x, y) {
    if (this.zoom === 1) return;
    const beyond = (at, half) => Math.sign(at) * Math.max(0, Math.abs(at) - half / 2);
    const dx = beyond(this.across(x), this.viewWidth / 2), dy = beyond(this.down(y), this.viewHeight / 2);
    if (dx || dy) this.pan(-dx, -dy);
  }

  // Call draw(px, py) for a place and, on a torus, once more wherever it is seen beyond an edge.
  around(x, y, reach, draw) {
    const px = this.across(x) + this.viewWidth / 2, py = this.down(y) + this.viewHeight / 2;
    const w = this.width * this.scale, h = this.height * this.scale;
    for (let i = this.wraps ? -1 : 0; i <= (this.wraps ? 1 : 0); i++) {
      for (let j = this.wraps ? -1 : 0; j <= (this.wraps ? 1 : 0); j++) {
        const a = px + i * w, b = py + j * h;
        if (a > -reach && a < this.viewWidth + reach && b > -reach && b < this.viewHeight + reach) draw(a, b);
      }
    }
  }
}
