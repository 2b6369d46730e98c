// The time of all boards together: a fractional index into the ticks that any of them has.

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32], TICKS_PER_SECOND = 4;

class Clock {
  constructor() {
    this.ticks = new Int32Array(0);
    this.now = 0;
    this.speed = 1;
  }

  // The ticks of these boards, each once, ascending.
  take(boards) {
    const [first, ...rest] = boards.map((board) => board.ticks);
    const same = rest.every((ticks) => ticks.length === first.length && ticks.every((tick, t) => tick === first[t]));
    this.ticks = same ? first ?? new Int32Array(0) : Int32Array.from(new Set(boards.flatMap((b) => [...b.ticks]))).sort();
  }

  get last() { return Math.max(this.ticks.length - 1, 0); }

  get frame() { return Math.min(Math.floor(this.now), this.last); }

  get tick() { return this.ticks.length ? this.ticks[this.frame] : 0; }

  get ended() { return this.now >= this.last; }

  // Where a tick stands among them, the nearest one before it where it is not.
  indexOf(tick) { return Board.prototype.frameOf.call(this, tick); }

  seek(now) { this.now = Math.max(0, Math.min(now, this.last)); }

  // A tab that was in the background must not leap: at most a tenth of a second passes at once.
  pass(milliseconds) {
    this.seek(this.now + (Math.min(Math.max(milliseconds, 0), 100) / 1000) * this.speed * TICKS_PER_SECOND);
  }

  moment(board) {
    return board.momentOf(this.tick, this.ticks[this.frame + 1], this.now - this.frame);
  }
}
