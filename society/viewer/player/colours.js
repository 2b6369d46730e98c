// Colours that the colour-blind can tell apart (Okabe and Ito), and the theme of the page around.

const SYMBOLS = ["#56B4E9", "#CC79A7", "#F0E442", "#D55E00", "#009E73", "#E69F00", "#0072B2"];
const OTHER = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"];
const DEAL = "#009E73", STRIKE = "#D55E00", PARTED = "#CC79A7";

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const light = ([r, g, b]) => 0.299 * r + 0.587 * g + 0.114 * b > 150;
const between = (a, b, share) => a.map((v, i) => Math.round(v + (b[i] - v) * share));
const mix = (a, b, share) => `rgb(${between(a, b, share).join(" ")})`;
const inkOn = (hex) => (light(rgb(hex)) ? "#1b1d21" : "#ffffff");
const symbolColour = (s) => SYMBOLS[(s - 1) % SYMBOLS.length];
const other = (index) => OTHER[Math.abs(index) % OTHER.length];

// One pixel of an ImageData, read as little-endian uint32.
const pixel = ([r, g, b], alpha = 255) => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

function readTheme(element) {
  const style = getComputedStyle(element);
  const paper = style.getPropertyValue("--st-background-color").trim();
  const dark = /^#[0-9a-f]{6}$/i.test(paper) ? !light(rgb(paper)) : false;
  return {
    dark,
    family: style.fontFamily || "sans-serif",
    ink: dark ? "#f2f3f5" : "#1b1d21",
    paper: dark ? "#0e1117" : "#ffffff",
    faint: dark ? "rgb(255 255 255 / 0.16)" : "rgb(0 0 0 / 0.13)",
  };
}

// A near-white ground would glare on a dark page: there it becomes a dark one.
function groundOf(facts, dark) {
  const told = facts.legend.length ? facts.legend[0][1] : dark ? "#23262e" : "#F4F1EA";
  return dark && light(rgb(told)) ? "#1d2027" : told;
}
