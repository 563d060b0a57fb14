"use strict";
(() => {
  const root = document.getElementById("explorer");
  const data = JSON.parse(document.getElementById("explorer-data").textContent);
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const canvas = part("map"), told = part("told"), winter = part("winter");
  const layer = part("layer"), outsideBox = part("outside"), sitesBox = part("sites");
  const siteList = part("site"), legend = part("legend");
  const paint = canvas.getContext("2d");
  const state = { year: data.years.length - 1, layer: 0, x: 0, y: 0, site: -1 };
  const NET = 2, NEAR = 9, PALE = [218, 218, 218];

  async function bytes(text) {
    const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // Each year less the one before, low bytes and then high bytes.
  async function unpack(text) {
    const raw = await bytes(text), n = raw.length / 2, size = n / data.years.length;
    const out = new Uint16Array(n);
    for (let k = 0; k < n; k++) {
      out[k] = raw[k] + 256 * raw[n + k] + (k >= size ? out[k - size] : 0);
    }
    return out;
  }

  async function cellsOf(text) {
    const raw = await bytes(text), n = raw.length / 4, out = new Int32Array(n);
    let at = 0;
    for (let k = 0; k < n; k++) {
      at += raw[k] | (raw[n + k] << 8) | (raw[2 * n + k] << 16) | (raw[3 * n + k] << 24);
      out[k] = at;
    }
    return out;
  }

  const say = (key, ...filled) => data.words[key].replace(/\{(\d)\}/g, (_, k) => filled[k]);
  const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));

  function valueOf(quantity, cell) {
    const n = quantity.counts.length / data.years.length;
    const count = quantity.counts[state.year * n + cell];
    return count === 0 ? null : quantity.low + (count - 1) * quantity.step;
  }

  function monthsOutside(cell) {
    if (!data.outside) return null;
    const count = data.outside[state.year * (data.outside.length / data.years.length) + cell];
    return count === 0 ? null : count - 1;
  }

  function shapes(plate, kind, style) {
    paint.save();
    paint.beginPath();
    paint.rect(plate.left, plate.upper, plate.width, plate.height);
    paint.clip();
    paint.translate(plate.left, plate.upper);
    paint.scale(0.1, 0.1);
    paint.beginPath();
    for (const line of plate[kind]) {
      for (let k = 0; k < line.length; k += 2) {
        k ? paint.lineTo(line[k], line[k + 1]) : paint.moveTo(line[k], line[k + 1]);
      }
    }
    if (style.fill) { paint.fillStyle = style.fill; paint.fill(); }
    if (style.stroke) { paint.strokeStyle = style.stroke; paint.lineWidth = 6; paint.stroke(); }
    paint.restore();
  }

  function drawCells(plate) {
    const quantity = data.quantities[state.layer];
    const image = paint.getImageData(plate.left, plate.upper, plate.width, plate.height);
    const hatch = outsideBox.checked;
    for (let k = 0; k < plate.index.length; k++) {
      const cell = plate.index[k];
      if (cell < 0) continue;
      const value = valueOf(quantity, cell);
      if (value === null) continue;
      let at = 0;
      while (at < quantity.breaks.length && value >= quantity.breaks[at]) at++;
      let color = quantity.rgb[at];
      const across = k % plate.width, down = (k / plate.width) | 0;
      if (hatch && (across + down) % 6 === 0 && monthsOutside(cell) > 0) color = [20, 20, 20];
      image.data.set([...color, 255], 4 * k);
    }
    paint.putImageData(image, plate.left, plate.upper);
  }

  function draw() {
    paint.fillStyle = "#fff";
    paint.fillRect(0, 0, canvas.width, canvas.height);
    data.plates.forEach((plate, k) => {
      if (k) {
        paint.fillStyle = "#fff";
        paint.fillRect(plate.left - NET, plate.upper - 18, plate.width + 2 * NET, plate.height + 20);
        paint.fillStyle = "#222";
        paint.font = "13px system-ui, sans-serif";
        paint.fillText(data.inset, plate.left, plate.upper - 5);
      }
      shapes(plate, "land", { fill: `rgb(${PALE})` });
      shapes(plate, "lakes", { fill: "#fff" });
      drawCells(plate);
      shapes(plate, "land", { stroke: "#555" });
      shapes(plate, "lakes", { stroke: "#555" });
      paint.strokeStyle = "#222";
      paint.lineWidth = 1;
      paint.strokeRect(plate.left + 0.5, plate.upper + 0.5, plate.width - 1, plate.height - 1);
    });
    if (sitesBox.checked) data.sites.forEach(drawSite);
    paint.strokeStyle = "#000";
    paint.lineWidth = 1.5;
    paint.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      paint.moveTo(state.x + 4 * dx, state.y + 4 * dy);
      paint.lineTo(state.x + 12 * dx, state.y + 12 * dy);
    }
    paint.stroke();
  }

  function drawSite(site, k) {
    paint.beginPath();
    paint.arc(site.x, site.y, k === state.site ? 7 : 4.5, 0, 7);
    paint.fillStyle = site.color;
    paint.fill();
    paint.strokeStyle = "#000";
    paint.lineWidth = k === state.site ? 2.5 : 0.8;
    paint.stroke();
  }

  function plateAt(x, y) {
    return [...data.plates].reverse().find((p) =>
      x >= p.left && x < p.left + p.width && y >= p.upper && y < p.upper + p.height);
  }

  // Snyder 1987, p. 185: the inverse of Lambert's azimuthal equal-area projection of a sphere.
  function degrees(plate, x, y) {
    const [west, south, east, north] = plate.frame;
    const px = west + ((x - plate.left + 0.5) / plate.width) * (east - west);
    const py = north - ((y - plate.upper + 0.5) / plate.height) * (north - south);
    const away = Math.hypot(px, py), turn = Math.PI / 180, middle = plate.latitude * turn;
    if (away > 2) return null;
    const angle = 2 * Math.asin(away / 2), ratio = away ? Math.sin(angle) / away : 1;
    const up = Math.asin(Math.max(-1, Math.min(1,
      Math.cos(angle) * Math.sin(middle) + py * ratio * Math.cos(middle))));
    const round = Math.atan2(px * ratio,
      Math.cos(middle) * Math.cos(angle) - py * ratio * Math.sin(middle)) / turn;
    return [((round + plate.longitude + 540) % 360) - 180, up / turn];
  }

  const number = (value) => String(Number(value.toPrecision(3))).replace("-", "\u2212");
  const place = ([east, north]) =>
    `${Math.abs(north).toFixed(2)}°${north < 0 ? "S" : "N"} ` +
    `${Math.abs(east).toFixed(2)}°${east < 0 ? "W" : "E"}`;

  function tell() {
    const words = [say("winter", data.years[state.year])];
    const plate = plateAt(state.x, state.y);
    const at = plate && degrees(plate, state.x, state.y);
    if (at) {
      words.push(place(at));
      const column = (state.x - plate.left) | 0, row = (state.y - plate.upper) | 0;
      const cell = plate.index[row * plate.width + column];
      const values = data.quantities.map((q) => [q, cell < 0 ? null : valueOf(q, cell)]);
      if (values[0][1] === null) words.push(say("none"));
      else {
        for (const [q, value] of values) {
          if (value !== null) words.push(`${q.name} ${number(value)} ${q.units}`);
        }
        const months = monthsOutside(cell);
        if (months !== null) {
          words.push(months === 0 ? say("inside") : say("outside", months));
        }
      }
    }
    const site = data.sites[state.site];
    if (site && sitesBox.checked) words.push(site.told);
    told.textContent = words.join("; ") + ".";
    winter.setAttribute("aria-valuetext", say("winter", data.years[state.year]));
    part("year").textContent = data.years[state.year];
  }

  function show() { draw(); tell(); }

  function moveTo(x, y) {
    state.x = Math.max(0, Math.min(canvas.width - 1, x));
    state.y = Math.max(0, Math.min(canvas.height - 1, y));
    let best = NEAR;
    state.site = -1;
    data.sites.forEach((site, k) => {
      const away = Math.hypot(site.x - state.x, site.y - state.y);
      if (away < best) { best = away; state.site = k; }
    });
    siteList.value = String(state.site);
    show();
  }

  function step(by) {
    state.year = Math.max(0, Math.min(data.years.length - 1, state.year + by));
    winter.value = String(state.year);
    show();
  }

  function drawLegend() {
    const quantity = data.quantities[state.layer], ends = quantity.breaks;
    const hasColor = (_, k) => (k > 0 || quantity.below) && (k < ends.length || quantity.above);
    const first = quantity.below ? 0 : 1;
    legend.replaceChildren(...quantity.colors.filter(hasColor).map((color, shown) => {
      const k = shown + first;
      const item = document.createElement("li"), patch = document.createElement("span");
      patch.style.background = color;
      const words = k === 0 ? say("below", number(ends[0]))
        : k === ends.length ? say("above", number(ends[k - 1]))
        : say("between", number(ends[k - 1]), number(ends[k]));
      item.append(patch, words);
      return item;
    }));
    part("unit").textContent = `${quantity.name} (${quantity.units})`;
  }

  function listen() {
    canvas.addEventListener("pointermove", (event) => {
      const box = canvas.getBoundingClientRect();
      moveTo(((event.clientX - box.left) / box.width) * canvas.width,
        ((event.clientY - box.top) / box.height) * canvas.height);
    });
    canvas.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 25 : 5;
      const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far],
        ArrowDown: [0, far] };
      const steps = { PageUp: 1, PageDown: -1 };
      if (moves[event.key]) moveTo(state.x + moves[event.key][0], state.y + moves[event.key][1]);
      else if (steps[event.key]) step(steps[event.key]);
      else return;
      event.preventDefault();
    });
    winter.addEventListener("input", () => { state.year = Number(winter.value); show(); });
    part("before").addEventListener("click", () => step(-1));
    part("after").addEventListener("click", () => step(1));
    layer.addEventListener("change", () => {
      state.layer = Number(layer.value);
      drawLegend();
      show();
    });
    outsideBox.addEventListener("change", show);
    sitesBox.addEventListener("change", show);
    siteList.addEventListener("change", () => {
      const site = data.sites[Number(siteList.value)];
      if (site) moveTo(site.x, site.y);
    });
  }

  async function start() {
    for (const plate of data.plates) plate.index = await cellsOf(plate.cells);
    for (const quantity of data.quantities) {
      quantity.counts = await unpack(quantity.values);
      quantity.rgb = quantity.colors.map(rgb);
    }
    if (data.outside) data.outside = await unpack(data.outside);
    [canvas.width, canvas.height] = [data.plates[0].width, data.plates[0].height];
    const first = data.sites[0] || { x: canvas.width / 2, y: canvas.height / 2 };
    drawLegend();
    listen();
    moveTo(first.x, first.y);
    root.dataset.ready = "yes";
  }

  start().catch((error) => {
    told.textContent = say("failed", error.message);
  });
})();
