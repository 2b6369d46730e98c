// Small drawings of the follow panel: a row of numbers as colours, a curve with a cursor, bars of probabilities.

const PANEL = 270; // pixels of width
const LOW = "#D55E00", HIGH = "#0072B2";

const brief = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "none");

// How `size` numbers are laid out: cells of one size, rows as wide as the panel.
function stripLayout(size, width) {
  const cell = Math.max(3, Math.min(14, Math.floor(Math.sqrt((width * 42) / Math.max(size, 1))), Math.floor(width / Math.min(size, 24))));
  const columns = Math.max(1, Math.min(size, Math.floor(width / cell)));
  return { cell, columns, rows: Math.ceil(size / columns) };
}

// The largest magnitude of a field: the end of its colours.
function extent(data) {
  let most = 0;
  for (const value of data) if (Math.abs(value) > most && Number.isFinite(value)) most = Math.abs(value);
  return most || 1;
}

// Colours from vermilion (lowest) over the paper (zero) to blue (highest); a number that is none is crossed out.
function drawStrip(canvas, values, most, theme) {
  const { cell, columns, rows } = stripLayout(values.length, PANEL), g = sizeCanvas(canvas, columns * cell, rows * cell);
  const paper = rgb(theme.dark ? "#23262e" : "#f4f4f5"), ends = [rgb(LOW), rgb(HIGH)];
  for (let i = 0; i < values.length; i++) {
    const share = Math.max(-1, Math.min(1, values[i] / most)), x = (i % columns) * cell, y = Math.floor(i / columns) * cell;
    g.fillStyle = Number.isFinite(share) ? mix(paper, ends[share < 0 ? 0 : 1], Math.abs(share)) : "#999999";
    g.fillRect(x, y, cell - (cell > 4 ? 1 : 0), cell - (cell > 4 ? 1 : 0));
  }
}

// The index of the number under a pointer, -1 for none.
function stripIndex(event, canvas, size) {
  const { cell, columns } = stripLayout(size, PANEL), box = canvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left) / cell), index = Math.floor((event.clientY - box.top) / cell) * columns + column;
  return column >= 0 && column < columns && index >= 0 && index < size ? index : -1;
}

// Values over time, a cursor at `index` (-1: none), the ends of the scale at the left.
function drawCurve(canvas, values, index, theme) {
  const w = PANEL, h = 50, left = 38, g = sizeCanvas(canvas, w, h);
  let least = Infinity, most = -Infinity;
  for (const value of values) if (Number.isFinite(value)) { least = Math.min(least, value); most = Math.max(most, value); }
  if (least > most) return;
  const span = most - least || 1, x = (i) => left + ((w - left - 5) * i) / Math.max(values.length - 1, 1);
  const y = (value) => h - 5 - ((h - 10) * (value - least)) / span;
  g.fillStyle = theme.ink;
  g.font = `10px ${theme.family}`;
  g.textAlign = "right";
  g.textBaseline = "middle";
  g.fillText(brief(most), left - 5, 6);
  if (most > least) g.fillText(brief(least), left - 5, h - 6);
  if (least < 0 && most > 0) { g.fillStyle = theme.faint; g.fillRect(left, y(0), w - left, 1); }
  g.strokeStyle = theme.dark ? "#56B4E9" : "#0072B2";
  g.lineWidth = 1.5;
  g.lineJoin = "round";
  g.beginPath();
  values.forEach((value, i) => { if (Number.isFinite(value)) g.lineTo(x(i), y(value)); });
  g.stroke();
  if (index < 0) return;
  g.fillStyle = theme.faint;
  g.fillRect(x(index) - 0.75, 0, 1.5, h);
  if (Number.isFinite(values[index])) { g.translate(x(index), y(values[index])); drawDisc(g, 3.5, theme.ink, theme.paper, 1.5); }
}

// Probabilities of options; a triangle and full colour mark the chosen one.
function drawBars(canvas, shares, chosen, theme) {
  const w = PANEL, h = 34, step = Math.min(26, w / shares.length), g = sizeCanvas(canvas, Math.ceil(step * shares.length), h);
  g.font = `9px ${theme.family}`;
  g.textAlign = "center";
  shares.forEach((share, i) => {
    const tall = Math.max(0, Math.min(share, 1)) * 22, x = i * step;
    g.fillStyle = theme.faint;
    g.fillRect(x + 1, 23, step - 2, 1);
    g.fillStyle = i === chosen ? "#E69F00" : theme.dark ? "#5f7f95" : "#9bb4c4";
    g.fillRect(x + 1, 23 - tall, Math.max(1, step - 2), tall);
    if (i !== chosen) return;
    g.fillStyle = theme.ink;
    g.beginPath(); g.moveTo(x + step / 2, 25); g.lineTo(x + step / 2 + 4, 32); g.lineTo(x + step / 2 - 4, 32); g.closePath(); g.fill();
  });
}

function barIndex(event, canvas, size) {
  const box = canvas.getBoundingClientRect(), index = Math.floor((event.clientX - box.left) / Math.min(26, PANEL / size));
  return index >= 0 && index < size ? index : -1;
}
