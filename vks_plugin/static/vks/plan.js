// Numbers on a scene plan, put there and moved by mouse or by keys. What is done is written into the form, which is saved as always.
"use strict";
(() => {
  const plan = document.querySelector("[data-vks-plan]");
  if (!plan) return;
  const words = plan.dataset;
  const told = document.getElementById("vks-placed");
  const more = document.getElementById("vks-plan-more");
  const rows = [...document.querySelectorAll("[data-vks-number]")].map((row) => {
    const field = (name) => row.querySelector(`input[name^="m-${name}"]`);
    return { row, pin: null, number: field("number"), folio: field("folio"), caption: field("caption"), x: field("x"), y: field("y"), gone: field("gone"), marker: field("marker") };
  });
  const fill = (sentence, ...given) => sentence.replace(/\{(\d)\}/g, (_all, at) => given[at]);
  const read = (field) => (field.value.trim() === "" ? NaN : Number(field.value.trim().replace(",", ".")));
  const within = (value) => Math.min(Math.max(Math.round(value * 10) / 10, 0), 100);

  // a number without a place stands in the middle, as the program puts it
  const placeOf = (row) => ["x", "y"].map((name) => (Number.isFinite(read(row[name])) ? within(read(row[name])) : 50));

  function draw(row) {
    const shown = read(row.number) >= 1 && !row.gone.checked;
    if (!shown) {
      if (row.pin) row.pin.remove();
      row.pin = null;
      return;
    }
    if (!row.pin) {
      row.pin = document.createElement("button");
      row.pin.type = "button";
      row.pin.className = "vks-pin";
      row.pin.setAttribute("aria-describedby", "vks-placing");
      row.pin.addEventListener("pointerdown", (event) => drag(event, row));
      row.pin.addEventListener("keydown", (event) => key(event, row));
      plan.append(row.pin);
    }
    const [x, y] = placeOf(row);
    row.pin.textContent = row.number.value.trim();
    row.pin.title = row.caption.value;
    row.pin.setAttribute("aria-label", [row.number.value.trim(), row.caption.value].filter(Boolean).join(": "));
    row.pin.style.left = `${x}%`;
    row.pin.style.top = `${y}%`;
  }

  function put(row, x, y) {
    row.x.value = within(x);
    row.y.value = within(y);
    draw(row);
    told.textContent = fill(words.vksAt, row.number.value, row.x.value, row.y.value);
  }

  // a place on the screen in percent of the page
  function place(event) {
    const frame = plan.getBoundingClientRect();
    return [((event.clientX - frame.left) / frame.width) * 100, ((event.clientY - frame.top) / frame.height) * 100];
  }

  function drag(event, row) {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    row.pin.focus();
    row.pin.setPointerCapture(event.pointerId);
    const start = place(event);
    const before = placeOf(row);
    let moved = false;
    const move = (each) => {
      const here = place(each);
      moved = moved || Math.hypot(here[0] - start[0], here[1] - start[1]) > 0.3;
      if (moved) put(row, before[0] + here[0] - start[0], before[1] + here[1] - start[1]);
    };
    const end = () => {
      row.pin.removeEventListener("pointermove", move);
      row.pin.removeEventListener("pointerup", end);
      row.pin.removeEventListener("pointercancel", end);
    };
    row.pin.addEventListener("pointermove", move);
    row.pin.addEventListener("pointerup", end);
    row.pin.addEventListener("pointercancel", end);
  }

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function key(event, row) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Delete") {
      event.preventDefault();
      row.gone.checked = true;
      told.textContent = fill(words.vksGone, row.number.value);
      draw(row);
      more.focus();
      return;
    }
    const way = steps[event.key];
    if (!way) return;
    event.preventDefault();
    const far = event.shiftKey ? 2.5 : 0.5;
    const [x, y] = placeOf(row);
    put(row, x + way[0] * far, y + way[1] * far);
  }

  function add(x, y, at) {
    // a row whose number was cleared still stands for that number and its photo
    const row = rows.find((each) => each.number.value.trim() === "" && !each.gone.checked && each.marker.value === "");
    if (!row) {
      told.textContent = words.vksFull;
      return;
    }
    const used = rows.filter((each) => !each.gone.checked).map((each) => read(each.number) || 0);
    row.number.value = Math.max(0, ...used) + 1;
    put(row, x, y);
    told.textContent = fill(words.vksNew, row.number.value);
    if (at === "row") row.folio.focus();
    else row.pin.focus();
  }

  // without its picture the form still takes places as numbers
  function begin() {
    plan.addEventListener("pointerdown", (event) => {
      if (event.button || event.target.closest(".vks-pin")) return;
      event.preventDefault();
      add(...place(event), "row");
    });
    more.addEventListener("click", () => add(50, 50, "pin"));
    for (const row of rows) row.row.addEventListener("input", () => draw(row));
    more.hidden = false;
    document.getElementById("vks-placing").hidden = false;
    // a form that was refused comes back with what was typed
    rows.forEach(draw);
  }
  const picture = plan.querySelector("img");
  if (picture.complete && picture.naturalWidth) begin();
  else picture.addEventListener("load", begin, { once: true });
})();
