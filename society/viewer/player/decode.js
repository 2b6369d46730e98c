// From bytes to typed arrays: the other side of payload.py.

const VIEWS = { "|u1": Uint8Array, "<u2": Uint16Array, "<i2": Int16Array, "<i4": Int32Array, "<f4": Float32Array };

// What Python's `pack` joined: the facts, with every blob a view into the bytes.
function unpack(packed) {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(packed.subarray(4, 4 + length));
  return JSON.parse(text, (key, value) => {
    if (key !== "blob" || !Array.isArray(value)) return value;
    return packed.subarray(4 + length + value[0], 4 + length + value[0] + value[1]);
  });
}

// The end of a zlib stream is the checksum of what it holds: with the length it tells one blob from another.
function checksum(blob) {
  return blob ? `${blob.length}.${Array.from(blob.subarray(-4)).join(".")}` : "";
}

// name -> {shape, data}.
async function decode(blob) {
  const stream = new Blob([blob]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).arrayBuffer();
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  const arrays = {};
  for (const [name, [kind, shape, offset]] of Object.entries(header)) {
    const count = shape.reduce((a, b) => a * b, 1);
    arrays[name] = { shape, data: new VIEWS[kind](data, 4 + length + offset, count) };
  }
  return arrays;
}

// For each frame t the rows [starts[t], starts[t + 1]) of an event table that happened at its tick or, where ticks were not
// filmed, before the next frame's; of the last frame only those at its tick. Both lists ascend.
function rowsByFrame(ticks, events) {
  const starts = new Int32Array(ticks.length + 1);
  let row = 0;
  for (let t = 0; t < ticks.length; t++) {
    while (row < events.length && events[row] < ticks[t]) row++;
    starts[t] = row;
  }
  while (ticks.length && row < events.length && events[row] === ticks[ticks.length - 1]) row++;
  starts[ticks.length] = row;
  return starts;
}
