// The table of seats: all of a few, of many the first that are in view, and the followed one always.

const MOST_ROWS = 60;

class Roster {
  constructor(player, root) {
    this.player = player;
    this.root = root;
    this.table = element("table");
    this.head = element("thead");
    this.body = element("tbody");
    this.table.append(this.head, this.body);
    this.note = element("p", null, "note");
    this.root.replaceChildren(this.table, this.note);
  }

  // Other boards: other columns and rows. With twins a cell shows both values where they differ.
  take(boards) {
    this.boards = boards;
    [this.board] = boards;
    this.columns = columnsOf(this.board);
    const head = element("tr");
    head.append(element("th", "seat"), ...this.columns.map((field) => element("th", fieldName(field))));
    this.head.replaceChildren(head);
    this.rows = Array.from({ length: Math.min(MOST_ROWS, this.board.count) }, () => this.row());
    this.body.replaceChildren(...this.rows.map((one) => one.row));
    setText(this.note, this.board.count > MOST_ROWS ? `${MOST_ROWS} of ${this.board.count.toLocaleString("en")} seats: those in view first` : "");
  }

  row() {
    const made = { row: element("tr"), seat: -1 };
    made.disc = button("", "disc", () => this.player.keep(made.seat));
    const first = element("td");
    first.append(made.disc);
    made.cells = this.columns.map(() => element("td"));
    made.row.append(first, ...made.cells);
    made.row.addEventListener("click", (e) => { if (e.target !== made.disc) this.player.keep(made.seat); });
    made.row.addEventListener("pointerenter", () => this.player.point(made.seat));
    made.row.addEventListener("pointerleave", () => this.player.point(-1));
    return made;
  }

  seats(painter, kept) {
    const { count } = this.board;
    if (count <= MOST_ROWS) return Array.from({ length: count }, (_, seat) => seat);
    const seats = new Set(kept >= 0 ? [kept] : []);
    for (let i = 0; i < painter.inView && seats.size < MOST_ROWS; i++) seats.add(painter.seat[i]);
    for (let seat = 0; seat < count && seats.size < MOST_ROWS; seat++) seats.add(seat);
    return [...seats].sort((a, b) => a - b);
  }

  paint(moments, painter, kept, near) {
    const shown = this.boards.map((board, i) => board.shown(moments[i]));
    this.seats(painter, kept).forEach((seat, index) => {
      const { row, disc, cells } = this.rows[index], colour = painter.kindColour(this.board.kind(shown[0], seat));
      if (this.rows[index].seat !== seat) {
        this.rows[index].seat = seat;
        disc.textContent = String(seat);
        disc.setAttribute("aria-label", `follow seat ${seat}`);
      }
      disc.style.background = colour;
      disc.style.color = inkOn(colour);
      row.className = seat === kept ? "kept" : seat === near ? "near" : "";
      this.columns.forEach((field, i) => this.cell(cells[i], field, shown, seat));
    });
  }

  cell(cell, field, shown, seat) {
    const words = this.boards.map((board, i) => fieldWords(board, field, board.value(field, shown[i], seat)));
    const text = words.length > 1 && words[0] !== words[1] ? words.join(" | ") : words[0];
    const said = field === "said" && words.length === 1 ? this.board.value("said", shown[0], seat) : 0;
    if (said > 0) {
      if (cell.firstElementChild?.textContent === text) return;
      cell.replaceChildren(symbolPill(said));
    } else {
      setText(cell, text);
      cell.classList.toggle("apart", text !== words[0]);
    }
  }
}

function symbolPill(symbol) {
  const pill = element("span", String(symbol), "said");
  pill.style.background = symbolColour(symbol);
  pill.style.color = inkOn(symbolColour(symbol));
  return pill;
}
