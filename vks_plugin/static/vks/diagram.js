// Boxes of a diagram, moved, added and joined by mouse or by keys. What is done is written into the form beside it, which is saved as always.
"use strict";
(() => {
  const image = document.querySelector("img[data-vks-diagram]");
  if (!image) return;
  const words = image.dataset;
  const told = document.getElementById("vks-moved");
  const form = image.closest("section").parentElement.querySelector("form");
  const tools = document.getElementById("vks-tools");
  const SVG = "http://www.w3.org/2000/svg";
  // as far apart as the program puts a box that finds its place taken
  const gap = 13;
  const margin = 30;
  const farthest = 12000;
  const grid = 10;
  // a box as the program draws it
  const wide = 330;
  const padding = 14;
  const letters = { bold: 24, plain: 19 };
  const leading = 1.22;
  const colours = {
    act: ["#fceceb", "#9c231b"],
    event: ["#ffffff", "#17541f"],
    place: ["#e6f4f3", "#0b615c"],
    thing: ["#f4f0e3", "#685518"],
    note: ["#fffbdc", "#857000"],
  };
  const boxes = new Map();
  const rows = [...document.querySelectorAll("[data-vks-box]")];
  const places = [...document.querySelectorAll("[data-vks-line]")].map((row) => {
    const [start, end] = row.querySelectorAll("select");
    return { row, start, end, words: row.querySelector("input"), drawn: null };
  });
  let svg;
  let lines = [];
  let labels = [];
  let heads = [];
  // the box that was chosen last, and the one a line is being drawn from
  let chosen = null;
  let from = null;
  const before = [];
  // lines as the program led them, around the boxes in between
  const routes = new Map();

  const fill = (sentence, ...given) => sentence.replace(/\{(\d)\}/g, (_all, at) => given[at]);
  const make = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };

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
    for (const line of lines) routes.set(line, line.getAttribute("points"));
    labels = [...svg.querySelectorAll("g[data-start]")];
    heads = [...svg.querySelectorAll("polygon[data-start]")];
    for (const head of heads) routes.set(head, head.getAttribute("points"));
    image.replaceWith(svg);
    for (const row of rows) if (row.matches(".vks-own")) begin(row);
    for (const place of places) place.row.addEventListener("change", refresh);
    // a form that was refused comes back with what was typed
    for (const box of boxes.values()) restore(box);
    // where somebody put it may be taken by now: another box came, and the rest was arranged anew
    for (const box of boxes.values()) settle(box);
    refresh();
    tools.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-vks-tool]");
      if (tool) ({ add, join: start, undo })[tool.dataset.vksTool]();
    });
    for (const element of ["vks-moving", "vks-tools"]) document.getElementById(element).hidden = false;
  }

  function take(group) {
    const row = rows.find((each) => each.dataset.vksBox === group.dataset.key);
    if (!row) return null;
    const rect = group.querySelector("rect");
    const number = (name) => Number(rect.getAttribute(name));
    const [x, y] = ["x", "y"].map((name) => row.querySelector(`input[name^="d-${name}-"]`));
    const gone = row.querySelector('input[name^="d-gone-"], input[name^="d-hidden-"]');
    const box = { key: group.dataset.key, row, group, name: nameOf(group), fields: { x, y, gone }, x: number("x"), y: number("y"), width: number("width"), height: number("height") };
    // where it was drawn: what moves is the group as a whole
    box.from = { x: box.x, y: box.y };
    boxes.set(box.key, box);
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "img");
    group.setAttribute("aria-label", box.name);
    group.setAttribute("aria-describedby", "vks-moving");
    group.addEventListener("pointerdown", (event) => drag(event, box));
    group.addEventListener("keydown", (event) => key(event, box));
    group.addEventListener("focus", () => {
      chosen = box;
    });
    group.addEventListener("blur", () => settle(box));
    for (const field of [x, y]) field.addEventListener("change", () => typed(box));
    gone.addEventListener("change", refresh);
    return box;
  }

  const nameOf = (group) => [...group.querySelectorAll("text")].map((each) => each.textContent).join(" ");

  // --- boxes added by hand

  const field = (row, name) => row.querySelector(`[name^="d-${name}-"]`);
  const isEmpty = (row) => ["label", "day", "folio", "x", "y"].every((name) => field(row, name).value.trim() === "") && !field(row, "gone").checked;

  function begin(row) {
    row.addEventListener("input", (event) => {
      if (["d-x-", "d-y-", "d-gone-"].some((name) => event.target.name.startsWith(name))) return;
      draw(row);
    });
    const fresh = "vksNew" in row.dataset;
    row.hidden = fresh && isEmpty(row);
    if (fresh && !row.hidden) draw(row);
  }

  // a box as it is in the form; where the program will put it is known once it is saved
  function draw(row) {
    const known = boxes.get(row.dataset.vksBox);
    const [ground, border] = colours[field(row, "kind").value] || colours.event;
    const name = field(row, "label").value.trim() || words.vksUnnamed;
    const day = field(row, "day").value.trim();
    const folio = field(row, "folio").value.trim();
    const along = document.querySelectorAll("[data-vks-line]").length === 0;
    const cited = folio && `BL ${folio.replace(/^BL\s*/i, "")}`;
    const [label, note] = along && day ? [day, cited ? `${name} (${cited})` : name] : [name, [day, cited].filter(Boolean).join(" · ")];
    const bold = wrapped(label, letters.bold, true, 5);
    const plain = wrapped(note, letters.plain, false, 3);
    const height = 2 * padding + bold.length * letters.bold * leading + plain.length * letters.plain * leading;
    const at = known ? known.from : { x: margin, y: lowest() + 2 * gap };
    const group = known ? known.group : make("g", { "data-key": row.dataset.vksBox });
    group.replaceChildren(make("rect", { x: at.x, y: at.y, width: wide, height, rx: 8, fill: ground, stroke: border, "stroke-width": 2.5 }));
    let y = at.y + padding;
    for (const [told, size, weight] of [...bold.map((each) => [each, letters.bold, "bold"]), ...plain.map((each) => [each, letters.plain, "normal"])]) {
      group.append(make("text", { x: at.x + wide / 2, y: y + size * 0.95, "font-size": size, "font-weight": weight, "text-anchor": "middle", fill: "#14181d" }, told));
      y += size * leading;
    }
    if (known) {
      [known.width, known.height, known.name] = [wide, height, name];
      group.setAttribute("aria-label", nameOf(group));
    } else {
      svg.append(group);
      Object.assign(take(group), { name, fresh: true });
    }
    for (const place of places) {
      for (const end of [place.start, place.end]) {
        const option = [...end.options].find((each) => each.value === row.dataset.vksBox);
        if (option && field(row, "label").value.trim()) option.textContent = name;
      }
    }
    widen();
    refresh();
    return boxes.get(row.dataset.vksBox);
  }

  const pen = document.createElement("canvas").getContext("2d");
  function wrapped(text, size, bold, most) {
    pen.font = `${bold ? "bold " : ""}${size}px "Liberation Serif", "Times New Roman", serif`;
    const room = wide - 2 * padding;
    const fits = (told) => pen.measureText(told).width <= room;
    const made = [];
    let line = "";
    for (let word of text.split(/\s+/).filter(Boolean)) {
      if (line && fits(`${line} ${word}`)) line = `${line} ${word}`;
      else {
        if (line) made.push(line);
        while (!fits(word)) {
          let cut = word.length;
          while (cut > 1 && !fits(word.slice(0, cut))) cut -= 1;
          made.push(word.slice(0, cut));
          word = word.slice(cut);
        }
        line = word;
      }
    }
    if (line) made.push(line);
    if (made.length > most) made.splice(most - 1, made.length, `${made[most - 1].slice(0, -1)}…`);
    return made;
  }

  const lowest = () => Math.max(0, ...[...boxes.values()].filter((each) => !each.row.hidden).map((each) => each.y + each.height));

  function add() {
    const row = rows.find((each) => "vksNew" in each.dataset && each.hidden);
    if (!row) {
      told.textContent = words.vksFull;
      return;
    }
    remember([...row.querySelectorAll("[name]")], row);
    row.hidden = false;
    draw(row);
    told.textContent = words.vksAdded;
    field(row, "label").focus();
  }

  // --- lines drawn by hand

  const isFree = (place) => place.start.value === "" && place.end.value === "" && place.words.value.trim() === "";

  function start() {
    if (!chosen || isGone(chosen)) {
      told.textContent = words.vksChoose;
      return;
    }
    from = chosen;
    from.group.classList.add("vks-from");
    from.group.focus();
    told.textContent = fill(words.vksFrom, from.name);
  }

  function leave() {
    if (from) from.group.classList.remove("vks-from");
    from = null;
  }

  function finish(box) {
    const one = from;
    leave();
    if (one === box) {
      told.textContent = words.vksLeft;
      return;
    }
    const place = places.find(isFree);
    if (!place) {
      told.textContent = words.vksFull;
      return;
    }
    remember([place.start, place.end, place.words]);
    [place.start.value, place.end.value] = [one.key, box.key];
    refresh();
    told.textContent = fill(words.vksJoined, one.name, box.name);
    place.words.focus();
  }

  const isGone = (box) => box.fields.gone.checked;

  // what the form says is shown: boxes that go, lines that are to be drawn
  function refresh() {
    for (const box of boxes.values()) {
      box.group.classList.toggle("vks-gone", isGone(box));
      box.group.style.display = box.row.hidden ? "none" : "";
    }
    for (const place of places) {
      const known = boxes.has(place.start.value) && boxes.has(place.end.value) && place.start.value !== place.end.value;
      if (place.drawn) place.drawn.remove();
      place.drawn = null;
      if (!known) continue;
      place.drawn = make("polyline", { fill: "none", stroke: "#5b6570", "stroke-width": 2.5, "stroke-dasharray": "10 6", "data-start": place.start.value, "data-end": place.end.value });
      svg.insertBefore(place.drawn, svg.querySelector("rect").nextSibling);
      join(place.drawn);
    }
    // one empty place is always there, for who rather chooses from the lists
    const free = places.find(isFree);
    for (const place of places) place.row.hidden = place !== free && isFree(place);
  }

  // --- what was done last is undone first; what was typed elsewhere meanwhile stays

  function remember(fields, row) {
    before.push({ fields: fields.map((each) => [each, each.type === "checkbox" ? each.checked : each.value]), row });
    tools.querySelector('[data-vks-tool="undo"]').disabled = false;
  }

  function undo() {
    const last = before.pop();
    if (!last) return;
    leave();
    for (const [each, value] of last.fields) {
      if (each.type === "checkbox") each.checked = value;
      else each.value = value;
    }
    if (last.row) last.row.hidden = true;
    for (const box of boxes.values()) {
      const [x, y] = numbers(box);
      const [left, top] = x === null ? [box.from.x, box.from.y] : [x, y];
      box.open = false;
      if (left !== box.x || top !== box.y) move(box, left, top);
    }
    refresh();
    tools.querySelector('[data-vks-tool="undo"]').disabled = before.length === 0;
    told.textContent = words.vksUndone;
    if (chosen && !chosen.row.hidden) chosen.group.focus();
  }

  // --- moving

  function restore(box) {
    const [x, y] = numbers(box);
    if (x === null || (Math.abs(x - box.x) < 1 && Math.abs(y - box.y) < 1)) return;
    at(box, x, y);
    box.open = true;
  }

  function numbers(box) {
    const given = [box.fields.x, box.fields.y].map((each) => each.value.trim().replace(",", "."));
    const [x, y] = given.map(Number);
    return given.includes("") || !(x >= 0 && y >= 0 && x <= farthest && y <= farthest) ? [null, null] : [x, y];
  }

  function drag(event, box) {
    if (event.button) return;
    event.preventDefault();
    if (from) {
      finish(box);
      return;
    }
    box.group.focus();
    box.group.setPointerCapture(event.pointerId);
    const began = place(event);
    const was = { x: box.x, y: box.y };
    let moved = false;
    const moving = (each) => {
      const here = place(each);
      if (!moved && Math.hypot(here.x - began.x, here.y - began.y) > 3) {
        moved = true;
        remember([box.fields.x, box.fields.y]);
      }
      if (moved) put(box, was.x + here.x - began.x, was.y + here.y - began.y);
    };
    const end = () => {
      box.group.removeEventListener("pointermove", moving);
      box.group.removeEventListener("pointerup", end);
      box.group.removeEventListener("pointercancel", end);
      if (moved) settle(box);
    };
    box.group.addEventListener("pointermove", moving);
    box.group.addEventListener("pointerup", end);
    box.group.addEventListener("pointercancel", end);
  }

  // a place on the screen as the drawing counts
  function place(event) {
    return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  }

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function key(event, box) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      undo();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const way = steps[event.key];
    if (way) {
      event.preventDefault();
      // steps of one box that follow each other are one move
      if (!box.open) remember([box.fields.x, box.fields.y]);
      const far = event.shiftKey ? 5 * grid : grid;
      put(box, box.x + way[0] * far, box.y + way[1] * far);
    } else if (event.key === "Delete") {
      event.preventDefault();
      remember([box.fields.gone]);
      box.fields.gone.checked = !isGone(box);
      refresh();
      told.textContent = fill(isGone(box) ? words.vksGone : words.vksBack, box.name);
    } else if (event.key === "Enter" && from) {
      event.preventDefault();
      finish(box);
    } else if (event.key === "Escape" && from) {
      leave();
      told.textContent = words.vksLeft;
    } else if (event.key.toLowerCase() === "n" && places.length) {
      event.preventDefault();
      start();
    }
  }

  const within = (value, size) => Math.min(Math.max(Math.round(value / grid) * grid, 0), farthest - size);

  function put(box, x, y) {
    at(box, within(x, box.width), within(y, box.height));
    box.open = true;
    const other = hit(box);
    told.textContent = other ? fill(words.vksClash, box.name, other.name) : fill(words.vksAt, box.name, box.x, box.y);
  }

  function at(box, x, y) {
    box.fields.x.value = x;
    box.fields.y.value = y;
    move(box, x, y);
  }

  function move(box, x, y) {
    box.x = x;
    box.y = y;
    box.group.setAttribute("transform", `translate(${x - box.from.x} ${y - box.from.y})`);
    widen();
    for (const each of boxes.values()) each.group.classList.toggle("vks-clash", Boolean(hit(each)));
    for (const line of [...lines, ...places.map((each) => each.drawn)]) {
      if (line && [line.dataset.start, line.dataset.end].includes(box.key)) join(line);
    }
  }

  function widen() {
    const view = svg.viewBox.baseVal;
    for (const box of boxes.values()) {
      if (box.row.hidden) continue;
      view.width = Math.max(view.width, box.x + box.width + margin);
      view.height = Math.max(view.height, box.y + box.height + margin);
    }
    const ground = svg.querySelector("rect");
    ground.setAttribute("width", view.width);
    ground.setAttribute("height", view.height);
  }

  function hit(box) {
    if (box.row.hidden) return null;
    for (const other of boxes.values()) {
      const covers =
        other !== box &&
        !other.row.hidden &&
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

  // the head of a line that points somewhere
  function point(line, points) {
    const head = heads.find((each) => each.dataset.start === line.dataset.start && each.dataset.end === line.dataset.end);
    if (!head) return;
    if (!points) {
      head.setAttribute("points", routes.get(head));
      return;
    }
    const [[x, y], tip] = points;
    const turn = Math.atan2(tip[1] - y, tip[0] - x) + Math.PI;
    const wings = [turn - 0.36, turn + 0.36].map((each) => [tip[0] + 17 * Math.cos(each), tip[1] + 17 * Math.sin(each)]);
    head.setAttribute("points", [tip, ...wings].map((each) => each.join(",")).join(" "));
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
      if (upper !== one) points.reverse();
    }
    const asLed = routes.has(line) && [one, other].every((box) => box.x === box.from.x && box.y === box.from.y);
    point(line, asLed ? null : points);
    line.setAttribute("points", asLed ? routes.get(line) : points.map((point) => point.join(",")).join(" "));
    const label = labels.find((each) => each.dataset.start === line.dataset.start && each.dataset.end === line.dataset.end);
    if (!label) return;
    if (asLed) {
      label.removeAttribute("transform");
      return;
    }
    const rect = label.querySelector("rect");
    const [x, y] = [0, 1].map((side) => (points[0][side] + points[1][side]) / 2);
    const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name)));
    label.setAttribute("transform", `translate(${x - left - width / 2} ${y - top - height / 2})`);
  }

  // with Ctrl+Enter a form is sent while a box is still held
  form.addEventListener("submit", () => {
    for (const box of boxes.values()) settle(box);
  });
})();
