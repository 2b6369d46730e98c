// How fast frames are drawn, told by attributes of the player's element: data-fps and data-paint-ms over the last second.

class Meter {
  constructor() { this.reset(0); }

  reset(time) {
    this.since = time;
    this.frames = this.painting = 0;
  }

  // One frame that took so many milliseconds; true when a second is full and the figures are new.
  count(time, painting) {
    this.frames++;
    this.painting += painting;
    if (time - this.since < 1000) return false;
    this.fps = (1000 * this.frames) / (time - this.since);
    this.mean = this.painting / this.frames;
    this.reset(time);
    return true;
  }
}
