// The latest deals, strikes, deaths and first uses up to now.

const LOG = 8;

function paintLog(root, boards, frames) {
  const each = Math.max(3, Math.floor(LOG / boards.length));
  root.replaceChildren(...boards.flatMap((board, i) => logOf(board, frames[i], each, boards.length > 1 ? board.title : "Latest")));
}

function logOf(board, t, most, heading) {
  const counts = [["trades", "deals"], ["strikes", "strikes"], ["deaths", board.deaths.size && leaves(board, 0) ? "departures" : "deaths"]]
    .filter(([name]) => board[name].size).map(([name, words]) => `${board[name].starts[t + 1]} of ${board[name].size} ${words}`);
  if (!counts.length && !board.firsts.size) return [];
  const title = element("h4", heading);
  title.append(element("small", counts.join(", ")));
  return [title, ...latest(board, t, most).map(([tick, text, shape]) => {
    const div = element("div", null, shape);
    div.append(element("span", String(tick)), element("span", text));
    return div;
  })];
}
