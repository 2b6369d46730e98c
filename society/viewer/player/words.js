// What numbers are called: in the roster, the log, the tips and the text alternative.

const ARROWS = ["↑", "→", "↓", "←"], NONE = "–";

const goodName = (board, good) => board.facts.goods[good]?.[0] ?? `good ${good}`;

function kindName(board, t, seat) {
  const name = board.facts.kinds[board.value("kind", t, seat) ?? -1]?.[0] ?? "";
  return name === `seat ${seat}` ? "" : name; // some worlds only tell their seats apart
}

function fieldWords(board, field, value) {
  if (value === null) return "";
  if (field === "x" || field === "y") return value === NOWHERE ? NONE : (value / CELL).toFixed(1);
  if (field === "said") return value > 0 ? String(value) : NONE;
  if (field === "value.facing") return ARROWS[value] ?? String(value);
  if (field === "value.offer") return offerWords(board, value);
  return value === -1 && board.noneIsMinusOne(field) ? NONE : String(value);
}

function offerWords(board, offer) {
  const terms = board.facts.offers[offer];
  if (offer <= 0) return NONE;
  if (!terms) return String(offer);
  const many = terms[2] > 1 || terms[3] > 1;
  return `${many ? terms[2] : ""}${goodName(board, terms[0])} → ${many ? terms[3] : ""}${goodName(board, terms[1])}`;
}

const fieldName = (field) => ({ said: "says", "value.offer": "offers" })[field] ?? field.replace(/^value\./, "").replace(/^holds /, "");

// The fields that a table of seats shows, goods first; where they have none of their own, their places.
function columnsOf(board) {
  const { values, goods } = board.facts, holds = goods.map(([name]) => "holds " + name).filter((name) => values.includes(name));
  const rest = values.filter((name) => !holds.includes(name) && name !== "offer");
  const fields = [...holds.map((name) => "value." + name), ...(board.seats["value.offer"] ? ["value.offer"] : []),
    ...(board.seats.said ? ["said"] : []), ...rest.map((name) => "value." + name)];
  return (fields.length ? fields : ["x", "y"]).filter((field) => board.seats[field]).slice(0, 6);
}

const dealWords = (board, row) => {
  const { seat, partner, gave, gave_amount, got, got_amount } = board.trades;
  return `${seat[row]} gave ${gave_amount[row]} ${goodName(board, gave[row])}, `
    + `${partner[row]} gave ${got_amount[row]} ${goodName(board, got[row])}`;
};

const strikeWords = (board, row) => {
  const { seat, target, good, amount } = board.strikes;
  if (!(amount[row] > 0) || good[row] < 0) return `${seat[row]} struck ${target[row]}`; // nothing to be had by it
  return `${seat[row]} took ${amount[row]} ${goodName(board, good[row])} from ${target[row]}`;
};

// The end of a life: the seat begins a new one at once, or it is off the board (for a while, or for good).
const leaves = (board, row) => {
  const { seat, tick } = board.deaths;
  return Boolean(board.count) && seat[row] >= 0 && seat[row] < board.count && !board.place(board.frameOf(tick[row]), seat[row]);
};

const deathWords = (board, row) => `${board.deaths.seat[row]} ${leaves(board, row) ? "left the board" : "died"}`;

const firstWords = (board, row) => `${board.firsts.seat[row]} says ${board.firsts.symbol[row]} for the first time`;

// [tick, words, shape] of the latest things that happened up to frame t, the newest first.
function latest(board, t, most) {
  const found = [];
  const kinds = [["trades", dealWords, "deal"], ["strikes", strikeWords, "strike"], ["deaths", deathWords, "death"], ["firsts", firstWords, "first"]];
  for (const [name, words, shape] of kinds) {
    const events = board[name], last = events.starts[t + 1] - 1;
    for (let row = last; row >= 0 && row > last - most; row--) found.push([events.tick[row], words(board, row), shape]);
  }
  return found.sort((a, b) => b[0] - a[0]).slice(0, most);
}

// The text alternative of a board: when, who is there, what has just happened.
function boardWords(board, t) {
  if (!board.ticks.length || t < 0) return "No recorded ticks.";
  const there = new Map();
  let count = 0;
  for (let seat = 0; seat < board.count; seat++) {
    if (!board.place(t, seat)) continue;
    count++;
    const name = kindName(board, t, seat);
    if (name) there.set(name, (there.get(name) ?? 0) + 1);
  }
  const kinds = [...there].slice(0, 8).map(([name, many]) => `${many} ${name}`).join(", ");
  const happened = latest(board, t, 3).map(([tick, words]) => `tick ${tick}: ${words}`).join("; ");
  return `${board.title ? board.title + ": " : ""}tick ${board.ticks[t]} of ${board.ticks[board.ticks.length - 1]}, `
    + `${count} of ${board.count} seats on the board${kinds ? ` (${kinds})` : ""}.${happened ? ` Latest: ${happened}.` : ""}`;
}
