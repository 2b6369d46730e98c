// What is drawn often and alike is drawn once, on a small canvas of its own, and copied from there.

const MOST_SPRITES = 3000;

class Sprites {
  constructor() { this.made = new Map(); }

  // Copy a sprite with its middle at (x, y); draw(g) draws it around the origin, `reach` pixels to each side.
  // `look` names all that sprites depend on; when it changes, they are made anew.
  stamp(g, look, key, x, y, reach, draw) {
    if (this.look !== look || this.made.size > MOST_SPRITES) {
      this.look = look;
      this.made.clear();
    }
    const dpr = window.devicePixelRatio || 1, half = Math.ceil(reach * dpr) + 1;
    let sprite = this.made.get(key);
    if (!sprite) {
      sprite = document.createElement("canvas");
      sprite.width = sprite.height = 2 * half;
      const c = sprite.getContext("2d");
      c.setTransform(dpr, 0, 0, dpr, half, half);
      draw(c);
      this.made.set(key, sprite);
    }
    // On whole device pixels, so that it stays as sharp as it was drawn.
    g.drawImage(sprite, (Math.round(x * dpr) - half) / dpr, (Math.round(y * dpr) - half) / dpr, (2 * half) / dpr, (2 * half) / dpr);
  }
}

function drawDisc(c, r, colour, edge, thick) {
  c.fillStyle = colour;
  c.strokeStyle = edge;
  c.lineWidth = thick;
  c.beginPath(); c.arc(0, 0, r, 0, 7); c.fill(); c.stroke();
}

// A wedge on the rim that points where the seat faces.
function drawFacing(c, r, colour, edge, facing) {
  c.save();
  c.rotate((facing * Math.PI) / 2);
  c.fillStyle = colour;
  c.strokeStyle = edge;
  c.lineWidth = Math.max(1, r * 0.12);
  c.beginPath(); c.moveTo(-r * 0.52, -r * 0.92); c.lineTo(0, -r * 1.6); c.lineTo(r * 0.52, -r * 0.92); c.closePath(); c.fill(); c.stroke();
  c.restore();
}

function drawNumber(c, text, r, ink, family, room = 1) {
  const high = Math.max(7, Math.round(Math.min(r * 1.05, (r * 2.7 * room) / Math.max(text.length, 1))));
  c.fillStyle = ink;
  c.font = `600 ${high}px ${family}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, 0, r * 0.06);
}

// What a seat says: a ring, and, where there is room, a bubble with the symbol's number.
function drawBubble(c, said, r, family) {
  const colour = symbolColour(said), text = String(said);
  c.strokeStyle = colour;
  c.lineWidth = Math.max(1.5, r * 0.2);
  c.beginPath(); c.arc(0, 0, r * 1.28, 0, 7); c.stroke();
  if (r < 7) return;
  const h = r * 1.2, w = Math.max(h, r * (0.6 + 0.6 * text.length)), x = r * 0.5, y = -r * 1.9;
  c.fillStyle = colour;
  c.beginPath();
  c.roundRect(x, y, w, h, h * 0.32);
  c.moveTo(x + w * 0.18, y + h * 0.9);
  c.lineTo(x - r * 0.08, y + h + r * 0.24);
  c.lineTo(x + w * 0.58, y + h * 0.9);
  c.fill();
  c.fillStyle = inkOn(colour);
  c.font = `700 ${Math.round(r * 0.98)}px ${family}`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, x + w / 2, y + h * 0.54);
}

// What a seat holds up: a diamond, left what it gives, right what it wants.
function drawOffer(c, r, left, right, edge) {
  for (const [side, colour] of [[-1, left], [1, right]]) {
    c.fillStyle = colour;
    c.beginPath(); c.moveTo(0, -r); c.lineTo(side * r, 0); c.lineTo(0, r); c.closePath(); c.fill();
  }
  c.strokeStyle = edge;
  c.lineWidth = 1.5;
  c.beginPath(); c.moveTo(0, -r); c.lineTo(r, 0); c.lineTo(0, r); c.lineTo(-r, 0); c.closePath(); c.stroke();
}

function drawCoin(c, r, colour) {
  c.fillStyle = colour;
  c.strokeStyle = "#fff";
  c.lineWidth = 1.5;
  c.beginPath(); c.roundRect(-r, -r, 2 * r, 2 * r, r * 0.35); c.fill(); c.stroke();
}

function drawCross(c, r, colour, thick) {
  c.strokeStyle = colour;
  c.lineWidth = thick;
  c.lineCap = "round";
  c.beginPath(); c.moveTo(-r, -r); c.lineTo(r, r); c.moveTo(r, -r); c.lineTo(-r, r); c.stroke();
}
