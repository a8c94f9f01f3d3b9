// Boxes of a diagram, moved by mouse or arrow keys. What is moved is written into the form beside it, which is saved as always.
"use strict";
(() => {
  const image = document.querySelector("img[data-vks-diagram]");
  if (!image) return;
  const words = image.dataset;
  const told = document.getElementById("vks-moved");
  // as far apart as the program puts a box that finds its place taken
  const gap = 13;
  const margin = 30;
  const farthest = 12000;
  const grid = 10;
  const boxes = new Map();
  let svg;
  let lines = [];

  const fill = (sentence, ...given) => sentence.replace(/\{(\d)\}/g, (_all, at) => given[at]);

  fetch(words.vksDiagram, { headers: { Accept: "image/svg+xml" } })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(answer.status))))
    .then(show)
    // the picture stays as it is; the form takes places as numbers
    .catch(() => {});

  function show(text) {
    const read = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (read.nodeName !== "svg") return;
    svg = document.importNode(read, true);
    svg.setAttribute("class", "vks-drawing vks-canvas");
    svg.removeAttribute("role");
    for (const group of svg.querySelectorAll("g[data-key]")) take(group);
    lines = [...svg.querySelectorAll("polyline[data-start]")];
    image.replaceWith(svg);
    // a form that was refused comes back with what was typed
    for (const box of boxes.values()) restore(box);
    document.getElementById("vks-moving").hidden = false;
  }

  function take(group) {
    const row = document.querySelector(`[data-vks-box="${CSS.escape(group.dataset.key)}"]`);
    if (!row) return;
    const rect = group.querySelector("rect");
    const number = (name) => Number(rect.getAttribute(name));
    const [x, y] = ["x", "y"].map((name) => row.querySelector(`input[name^="d-${name}-"]`));
    const name = [...group.querySelectorAll("text")].map((each) => each.textContent).join(" ");
    const box = { group, name, fields: { x, y }, x: number("x"), y: number("y"), width: number("width"), height: number("height") };
    // where it was drawn: what moves is the group as a whole
    box.from = { x: box.x, y: box.y };
    boxes.set(group.dataset.key, box);
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "img");
    group.setAttribute("aria-label", name);
    group.setAttribute("aria-describedby", "vks-moving");
    group.addEventListener("pointerdown", (event) => drag(event, box));
    group.addEventListener("keydown", (event) => step(event, box));
    group.addEventListener("blur", () => settle(box));
    for (const field of [x, y]) field.addEventListener("change", () => typed(box));
  }

  function restore(box) {
    const [x, y] = numbers(box);
    if (x === null || (Math.abs(x - box.x) < 1 && Math.abs(y - box.y) < 1)) return;
    at(box, x, y);
    box.open = true;
  }

  function numbers(box) {
    const given = [box.fields.x, box.fields.y].map((field) => field.value.trim().replace(",", "."));
    const [x, y] = given.map(Number);
    return given.includes("") || !(x >= 0 && y >= 0 && x <= farthest && y <= farthest) ? [null, null] : [x, y];
  }

  function drag(event, box) {
    if (event.button) return;
    event.preventDefault();
    box.group.focus();
    box.group.setPointerCapture(event.pointerId);
    const start = place(event);
    const before = { x: box.x, y: box.y };
    let moved = false;
    const move = (each) => {
      const here = place(each);
      moved = moved || Math.hypot(here.x - start.x, here.y - start.y) > 3;
      if (moved) put(box, before.x + here.x - start.x, before.y + here.y - start.y);
    };
    const end = () => {
      box.group.removeEventListener("pointermove", move);
      box.group.removeEventListener("pointerup", end);
      box.group.removeEventListener("pointercancel", end);
      if (moved) settle(box);
    };
    box.group.addEventListener("pointermove", move);
    box.group.addEventListener("pointerup", end);
    box.group.addEventListener("pointercancel", end);
  }

  // a place on the screen as the drawing counts
  function place(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function step(event, box) {
    const way = steps[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 5 * grid : grid;
    put(box, box.x + way[0] * far, box.y + way[1] * far);
  }

  const within = (value, size) => Math.min(Math.max(Math.round(value / grid) * grid, 0), farthest - size);

  function put(box, x, y) {
    at(box, within(x, box.width), within(y, box.height));
    box.open = true;
    const other = hit(box);
    told.textContent = other ? fill(words.vksClash, box.name, other.name) : fill(words.vksAt, box.name, box.x, box.y);
  }

  function at(box, x, y) {
    box.x = x;
    box.y = y;
    box.fields.x.value = x;
    box.fields.y.value = y;
    box.group.setAttribute("transform", `translate(${x - box.from.x} ${y - box.from.y})`);
    const view = svg.viewBox.baseVal;
    view.width = Math.max(view.width, x + box.width + margin);
    view.height = Math.max(view.height, y + box.height + margin);
    const ground = svg.querySelector("rect");
    ground.setAttribute("width", view.width);
    ground.setAttribute("height", view.height);
    for (const each of boxes.values()) each.group.classList.toggle("vks-clash", Boolean(hit(each)));
    for (const line of lines) join(line);
  }

  function hit(box) {
    for (const other of boxes.values()) {
      const covers =
        other !== box &&
        box.x < other.x + other.width &&
        other.x < box.x + box.width &&
        box.y < other.y + other.height &&
        other.y < box.y + box.height;
      if (covers) return other;
    }
    return null;
  }

  // no box is left on another: it goes down to where there is room, as the program would put it, and it is said
  function settle(box) {
    if (!box.open) return;
    box.open = false;
    let first = null;
    let y = box.y;
    for (let other = hit(box); other; other = hit(box)) {
      first = first || other;
      y = Math.ceil((other.y + other.height + gap) / grid) * grid;
      if (y > farthest - box.height) break;
      box.y = y;
    }
    if (!first) return;
    at(box, box.x, y);
    told.textContent = fill(words.vksDown, box.name, first.name, box.x, box.y);
  }

  function typed(box) {
    const [x, y] = numbers(box);
    if (x === null) return;
    put(box, x, y);
    settle(box);
  }

  // as the program joins two boxes: at the sides that face each other
  function join(line) {
    const [one, other] = [boxes.get(line.dataset.start), boxes.get(line.dataset.end)];
    if (!one || !other) return;
    const middle = (box) => box.y + box.height / 2;
    let points;
    if (other.x >= one.x + one.width) points = [[one.x + one.width, middle(one)], [other.x, middle(other)]];
    else if (one.x >= other.x + other.width) points = [[one.x, middle(one)], [other.x + other.width, middle(other)]];
    else {
      const [upper, lower] = one.y <= other.y ? [one, other] : [other, one];
      points = [[upper.x + upper.width / 2, upper.y + upper.height], [lower.x + lower.width / 2, lower.y]];
    }
    line.setAttribute("points", points.map((point) => point.join(",")).join(" "));
  }

  // with Ctrl+Enter a form is sent while a box is still held
  image.closest("section").parentElement.querySelector("form").addEventListener("submit", () => {
    for (const box of boxes.values()) settle(box);
  });
})();
