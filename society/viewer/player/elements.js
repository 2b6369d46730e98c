// Elements and canvases. Text from a run becomes text, never HTML.

function element(tag, text = null, name = "") {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  if (name) made.className = name;
  return made;
}

function button(text, name, act, label = "") {
  const made = element("button", text, name);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

// A canvas of this many CSS pixels; what is drawn on the context is in CSS pixels too.
function sizeCanvas(canvas, width, height) {
  const dpr = window.devicePixelRatio || 1, w = Math.max(1, Math.round(width * dpr)), h = Math.max(1, Math.round(height * dpr));
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
  }
  const g = canvas.getContext("2d");
  g.setTransform(dpr, 0, 0, dpr, 0, 0);
  g.clearRect(0, 0, width, height);
  return g;
}

function setText(node, text) {
  if (node.textContent !== text || node.firstElementChild) node.textContent = text;
}
