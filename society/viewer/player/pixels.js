// Thousands of discs, written pixel by pixel: a call to the canvas for each would cost more than the discs.
//
// A disc of one look (colour, ring, facing, opacity) at one of 4 x 4 places within a pixel is a stamp: a list of
// pixels, made once. All pixels are opaque: they begin as a copy of the ground. There is a margin as wide as the
// widest stamp around them, so that no stamp is cut.

const PHASES = 4, MOST_STAMPS = 20000;
const TURNS = [[0, -1], [1, 0], [0, 1], [-1, 0]]; // facings north, east, south, west

class Pixels {
  constructor() { this.stamps = new Map(); }

  // A new picture of so many device pixels; `look` names all that the stamps depend on.
  begin(width, height, margin, look) {
    this.margin = Math.ceil(margin) + 2;
    const wide = width + 2 * this.margin, tall = height + 2 * this.margin;
    if (this.wide !== wide || this.tall !== tall) {
      this.wide = wide;
      this.tall = tall;
      this.image = new ImageData(wide, tall);
      this.pixels = new Uint32Array(this.image.data.buffer);
      this.ground = new Uint32Array(this.pixels.length);
      this.laid = null;
    }
    look += ` ${wide}`;
    if (this.look !== look || this.stamps.size > MOST_STAMPS) {
      this.look = look;
      this.stamps.clear();
    }
  }

  // The ground under the discs; lay(ground, wide, tall, margin) draws it when `key` is another than before.
  lay(key, draw) {
    if (this.laid !== key) {
      this.laid = key;
      draw(this.ground, this.wide, this.tall, this.margin);
    }
    this.pixels.set(this.ground);
  }

  // A new look at a place within the pixel that (x, y), in device pixels, falls into.
  learn(x, y, key, look) {
    const phase = phaseOf(x, y), fx = ((phase % PHASES) + 0.5) / PHASES, fy = (Math.floor(phase / PHASES) + 0.5) / PHASES;
    this.stamps.set(key * PHASES * PHASES + phase, makeStamp(look, fx, fy, this.wide));
  }

  // One disc with its middle at (x, y) in device pixels; false where its look must be learnt first.
  disc(x, y, key) {
    const stamp = this.stamps.get(key * PHASES * PHASES + phaseOf(x, y));
    if (!stamp) return false;
    const column = Math.floor(x) + this.margin, row = Math.floor(y) + this.margin, { reach } = stamp;
    if (column < reach || row < reach || column >= this.wide - reach || row >= this.tall - reach) return true; // out of view
    const { pixels } = this, at = row * this.wide + column, { inner, colour, edge, rest, redBlue, green } = stamp;
    for (let i = 0; i < inner.length; i++) pixels[at + inner[i]] = colour[i];
    for (let i = 0; i < edge.length; i++) { // translucent over opaque, two channels at once
      const there = at + edge[i], under = pixels[there];
      pixels[there] = 0xff000000 | (((Math.imul(under & 0xff00ff, rest[i]) + redBlue[i]) >>> 8) & 0xff00ff)
        | (((Math.imul(under & 0xff00, rest[i]) + green[i]) >>> 8) & 0xff00);
    }
    return true;
  }

  end(g) { g.putImageData(this.image, -this.margin, -this.margin, this.margin, this.margin, g.canvas.width, g.canvas.height); }
}

function phaseOf(x, y) {
  return Math.floor((x - Math.floor(x)) * PHASES) + PHASES * Math.floor((y - Math.floor(y)) * PHASES);
}

// A disc of radius r, around it a ring, in it a notch towards its facing (-1: none).
function makeStamp({ radius, fill, ring, width, ink, facing, opacity }, fx, fy, wide) {
  const outer = radius + width, reach = Math.ceil(outer + 1), inner = [], colour = [], edge = [], rest = [], redBlue = [], green = [];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const x = dx + 0.5 - fx, y = dy + 0.5 - fy, d = Math.hypot(x, y);
      const cover = Math.round(256 * Math.max(0, Math.min(1, outer - d + 0.5)) * opacity);
      if (cover < 4) continue;
      const value = pixel(notched(x, y, facing) && d < radius ? ink : between(ring, fill, Math.max(0, Math.min(1, radius - d + 0.5))));
      if (cover >= 255) { inner.push(dy * wide + dx); colour.push(value); continue; }
      edge.push(dy * wide + dx);
      rest.push(256 - cover);
      redBlue.push(Math.imul(value & 0xff00ff, cover));
      green.push(Math.imul(value & 0xff00, cover));
    }
  }
  return {
    reach, inner: Int32Array.from(inner), colour: Uint32Array.from(colour), edge: Int32Array.from(edge),
    rest: Int32Array.from(rest), redBlue: Int32Array.from(redBlue), green: Int32Array.from(green),
  };
}

// Is this place, seen from the middle of a disc, in the wedge towards its facing?
function notched(x, y, facing) {
  if (facing < 0) return false;
  const [tx, ty] = TURNS[facing], along = x * tx + y * ty;
  return along > 0 && Math.abs(x * ty - y * tx) < along * 0.55;
}
