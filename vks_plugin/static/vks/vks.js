// Behaviour of our pages. Every page also works without it.
"use strict";
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-vks-theme], [data-vks-preview], [data-vks-add], .vks-jumps a[href^='#']");
  if (!target) return;
  if (target.hash && !target.hasAttribute("data-vks-preview")) {
    // a folded part opens before it is gone to
    document.querySelector(target.hash)?.closest("details")?.setAttribute("open", "");
  } else if (target.hasAttribute("data-vks-theme")) {
    const root = document.documentElement;
    root.dataset.bsTheme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    localStorage.setItem("vks-theme", root.dataset.bsTheme);
  } else if (target.hasAttribute("data-vks-preview")) {
    const frame = document.querySelector("iframe[name='vks-preview']");
    if (!frame) return;
    frame.hidden = false;
    document.querySelector("[data-vks-preview][aria-current]")?.removeAttribute("aria-current");
    target.setAttribute("aria-current", "true");
    const hint = document.querySelector("[data-vks-hint]");
    if (hint) hint.hidden = true;
  } else {
    // without this script the button asks the server for the row
    event.preventDefault();
    addRow(target.dataset.vksAdd);
  }
});

// the menu of the bar closes as menus do: by Escape, and when one goes on elsewhere
const menus = document.querySelectorAll(".vks-more");
for (const menu of menus) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});

// Ctrl+Enter sends the form one is in, Alt+N adds somebody to it
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form[data-vks-keys]");
  if (!form || event.isComposing) return;
  if (event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.altKey && event.key.toLowerCase() === "n") {
    const button = form.querySelector("[data-vks-add]");
    if (!button) return;
    event.preventDefault();
    button.click();
  }
});

// another row of a form set: the empty one the page carries, numbered on
function addRow(prefix) {
  const rows = document.querySelector(`[data-vks-rows="${prefix}"]`);
  const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
  const number = Number(total.value);
  const copy = document.querySelector(`template[data-vks-row-of="${prefix}"]`).content.cloneNode(true);
  for (const part of copy.querySelectorAll("*")) {
    for (const each of part.attributes) {
      if (each.value.includes("__prefix__")) each.value = each.value.replaceAll("__prefix__", number);
    }
  }
  const row = copy.firstElementChild;
  const legend = row.querySelector("legend");
  if (legend) legend.append(` ${number + 1}`);
  rows.append(copy);
  total.value = number + 1;
  row.querySelector("input:not([type=hidden]), select").focus();
}

// what was typed outlives a session that ended meanwhile: before anything is sent, it is asked who is signed in now
async function session() {
  const words = document.body.dataset;
  try {
    const answer = await fetch(words.vksSession, { headers: { Accept: "application/json" } });
    // who is not signed in any more is sent to the host's page for that
    if (answer.redirected || answer.status === 401) return words.vksSignedOut;
    if (!answer.ok) return words.vksUnreachable;
    const { user, token } = await answer.json();
    if (String(user) !== words.vksUser) return words.vksOtherUser;
    // whoever signed in again in another tab has another token
    for (const field of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    return "";
  } catch {
    return words.vksUnreachable;
  }
}
function tell(sentence) {
  const words = document.body.dataset;
  const place = document.getElementById("vks-messages");
  const box = document.createElement("div");
  box.className = "alert alert-danger py-2 vks-not-sent";
  box.setAttribute("role", "alert");
  box.append(sentence);
  if (sentence !== words.vksUnreachable) {
    const link = document.createElement("a");
    link.href = `${words.vksSignIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
    link.target = "_blank";
    link.className = "ms-2";
    link.textContent = words.vksSignInWords;
    box.append(link);
  }
  place.replaceChildren(box);
}
const sayNothing = () => document.querySelector(".vks-not-sent")?.remove();
document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post") || form.closest("[data-vks-upload]")) return;
    if (form.dataset.vksAsked === "sure") {
      delete form.dataset.vksAsked;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.vksAsked) return;
    form.dataset.vksAsked = "asking";
    const { submitter } = event;
    const wrong = await session();
    delete form.dataset.vksAsked;
    if (wrong) return tell(wrong);
    sayNothing();
    form.dataset.vksAsked = "sure";
    form.requestSubmit(submitter);
  },
  true,
);
document.addEventListener("htmx:confirm", async (event) => {
  if (event.detail.verb !== "post") return;
  event.preventDefault();
  const wrong = await session();
  if (wrong) return tell(wrong);
  sayNothing();
  event.detail.issueRequest(true);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.vksConfirm && !confirm(form.dataset.vksConfirm)) {
    event.preventDefault();
    return;
  }
  // a row is asked for: the form goes on being filled in
  if (event.submitter?.name) return;
  if (form.hasAttribute("data-vks-once")) {
    // the server also recognises a second click; this only spares the person the wait
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button:not([type=button], [name])")) button.setAttribute("aria-disabled", "true");
  }
});

// how much of a bundle is ticked; without this the page says what was ticked when it came
document.addEventListener("change", (event) => {
  const form = event.target.form;
  const told = event.target.name === "document" && form.querySelector("[data-vks-chosen]");
  if (!told) return;
  const kept = [...form.querySelectorAll("[data-vks-inside]")].map((row) => row.dataset.vksInside);
  const ticked = [...form.querySelectorAll("input[name=document]:checked")].map((box) => box.dataset.pages);
  const pages = [...kept, ...ticked];
  told.textContent = told.dataset.vksChosen
    .replace("{documents}", pages.length)
    .replace("{pages}", pages.reduce((sum, each) => sum + Number(each), 0));
});

// htmx leaves answers above 399 alone; ours carry the sentence that belongs on the page
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 401) {
    event.detail.isError = false;
    tell(document.body.dataset.vksSignedOut);
    return;
  }
  if (event.detail.xhr.status >= 400 && event.detail.xhr.status < 500) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// fields that offer what may be meant while one types (the ARIA combobox pattern); without this they are text fields
{
  const list = document.createElement("ul");
  list.className = "vks-suggestions";
  list.id = "vks-suggestions";
  list.setAttribute("role", "listbox");
  let field = null; // whose suggestions these are
  let active = -1;
  let moved = false; // by the arrows, so that Tab may take it
  let waiting = 0;
  let asked = null;

  const words = document.body.dataset;
  const say = (text) => (document.getElementById("vks-status").textContent = text);
  const isOpen = () => list.isConnected && !list.hidden;
  const close = () => {
    clearTimeout(waiting);
    asked?.abort();
    list.hidden = true;
    active = -1;
    moved = false;
    field?.setAttribute("aria-expanded", "false");
    field?.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    const options = [...list.children];
    active = options.length ? (index + options.length) % options.length : -1;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === active)));
    if (active < 0) return field.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  };
  const take = (index) => {
    const option = list.children[index];
    field.value = option.dataset.value;
    field.dataset.short = option.dataset.short;
    close();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const show = (results) => {
    if (!field || document.activeElement !== field) return;
    list.replaceChildren(
      ...results.map((each, number) => {
        const option = document.createElement("li");
        option.id = `vks-suggestion-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.value = each.value;
        option.dataset.short = each.short;
        option.textContent = each.value;
        if (each.note) {
          const note = document.createElement("span");
          note.textContent = ` ${each.note}`;
          option.append(note);
        }
        return option;
      }),
    );
    if (!results.length || (results.length === 1 && results[0].value === field.value)) {
      if (!results.length) say(words.vksNone);
      return close();
    }
    field.parentElement.append(list);
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    say(words.vksFound.replace("0", results.length));
    mark(field.hasAttribute("data-vks-first") ? 0 : -1);
    moved = false;
  };
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const mine = field;
    const query = new URLSearchParams(mine.dataset.vksQuery);
    query.set("q", mine.value);
    if (mine.dataset.vksWith) {
      const other = mine.form?.elements[mine.dataset.vksWith];
      if (other?.value) query.set(mine.dataset.vksWith, other.value);
    }
    try {
      const answer = await fetch(`${words.vksSuggest}${mine.dataset.vksSuggest}/?${query}`, {
        signal: asked.signal,
        headers: { Accept: "application/json" },
      });
      if (answer.ok && !answer.redirected && mine === field) show((await answer.json()).results);
    } catch {
      // one went on typing, or the server is not there: the field takes what is typed
    }
  };

  const attend = (input) => {
    if (!input?.matches("input[data-vks-suggest]")) return;
    field = input;
    field.removeAttribute("list");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", list.id);
    list.setAttribute("aria-label", words.vksList);
  };
  document.addEventListener("focusin", (event) => attend(event.target));
  // a page may have given the focus to a field before this was here to see it
  attend(document.activeElement);
  document.addEventListener("focusout", (event) => {
    if (event.target !== field) return;
    close();
    field = null;
  });
  document.addEventListener("input", (event) => {
    if (event.target !== field || event.isComposing) return;
    delete field.dataset.short;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== field || event.isComposing || event.ctrlKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen()) return void ask();
      mark(event.key === "ArrowDown" ? active + 1 : active < 0 ? -1 : active - 1);
      moved = true;
    } else if (event.key === "Enter" && isOpen() && active >= 0) {
      event.preventDefault();
      take(active);
    } else if (event.key === "Escape" && isOpen()) {
      event.preventDefault();
      close();
    } else if (event.key === "Tab" && isOpen() && active >= 0 && (moved || list.children.length === 1)) {
      // the focus goes on as it would have
      take(active);
    }
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option) take([...list.children].indexOf(option));
  });
}

// where several of a kind may be entered, there is always an empty field to go on in
function goOn(event) {
  const input = event.target;
  if (!input.matches?.("[data-vks-more]") || !input.value) return;
  const place = input.closest(".vks-several");
  const inputs = [...place.querySelectorAll("input")];
  if (inputs.some((each) => !each.value)) return;
  const last = inputs.at(-1);
  const number = inputs.length;
  const identity = last.id.replace(/_\d+$/, `_${number}`);
  const label = document.createElement("label");
  label.className = "visually-hidden";
  label.htmlFor = identity;
  label.textContent = `${place.dataset.vksWords} ${number + 1}`;
  const box = document.createElement("span");
  box.className = "vks-suggest";
  const copy = last.cloneNode();
  copy.id = identity;
  copy.value = "";
  for (const name of ["value", "autofocus", "aria-expanded", "aria-activedescendant"]) copy.removeAttribute(name);
  delete copy.dataset.short;
  box.append(copy);
  place.append(label, box);
}
document.addEventListener("input", goOn);
document.addEventListener("change", goOn);

// the name of a case is proposed from who is prosecuted first and for what, until somebody types another
document.addEventListener("input", (event) => {
  if (event.target.name === "name" && event.target.form?.id === "vks-register") event.target.dataset.own = event.target.value;
  else propose(event.target);
});
document.addEventListener("change", (event) => propose(event.target));
function propose(target) {
  const form = target.closest?.("#vks-register");
  const name = form?.elements.name;
  if (!name || name.dataset.own || !/^accused-\d+-(full_name|charges)$/.test(target.name ?? "")) return;
  const people = [...form.querySelectorAll("[name^='accused-'][name$='-full_name']")].map((each) => each.value.trim()).filter(Boolean);
  const offence = [...form.querySelectorAll("[name^='accused-'][name$='-charges']")].map((each) => each.dataset.short).find(Boolean);
  if (name.value && name.value !== name.dataset.proposed) return;
  name.value = people.length ? `${people[0]}${people.length > 1 ? ` ${name.dataset.others}` : ""}${offence ? ` – ${offence}` : ""}` : "";
  name.dataset.proposed = name.value;
}
// what was sent before the offence was made out has half a name: what nobody typed is left to the server, which knows it whole
document.addEventListener(
  "submit",
  (event) => {
    const name = event.target.id === "vks-register" && event.target.elements.name;
    if (name && !name.dataset.own && name.value === name.dataset.proposed) name.value = "";
  },
  true,
);

// what stays in place below the header of a case has to know how high that is: names, notes and sections take more lines or less
const heights = new ResizeObserver(measureHead);
// a sheet of its own: nothing is written into the page
const measured = new CSSStyleSheet();
document.adoptedStyleSheets.push(measured);
function measureHead() {
  const head = document.querySelector(".vks-case-header");
  if (!head) return;
  const high = head.getBoundingClientRect().height;
  const tall = high > window.innerHeight * 0.4;
  head.classList.toggle("vks-tall", tall);
  measured.replaceSync(`:root { --vks-head: ${tall ? 0 : Math.ceil(high)}px; }`);
}
function watchHead() {
  heights.disconnect();
  const head = document.querySelector(".vks-case-header");
  if (head) heights.observe(head);
}
watchHead();
window.addEventListener("resize", measureHead);
document.addEventListener("htmx:afterSettle", watchHead);

const box = document.querySelector("[data-vks-upload]");
if (box) {
  const first = box.querySelector("[data-vks-template]");
  const files = box.querySelector("[data-vks-files]");
  const chooser = first.querySelector("input[type=file]");
  const refresh = () => htmx.ajax("GET", box.dataset.vksRefresh, { target: "#vks-documents", swap: "outerHTML" });
  chooser.multiple = true;

  // {unit}_{decision}_{year}_T{volume}_BL{from}-{to}_{type}.pdf
  const read = (name) => {
    const folios = name.match(/_BL(\d+)(?:-(\d+))?/i);
    const type = name.match(/_([A-Z0-9]{2,24})\.pdf$/i);
    return { from: folios?.[1], to: folios?.[2] ?? folios?.[1], type: type?.[1]?.toUpperCase() };
  };
  const fill = (form, file) => {
    const found = read(file.name);
    if (found.from) {
      form.querySelector("[name=folio_from]").value = found.from;
      form.querySelector("[name=folio_to]").value = found.to;
    }
    const option = [...document.querySelectorAll("#vks-types option")].find((o) => o.value.startsWith(`${found.type} – `));
    if (option) form.querySelector("[name=document_type]").value = option.value;
  };
  const attach = (form, file) => {
    const held = new DataTransfer();
    held.items.add(file);
    form.querySelector("input[type=file]").files = held.files;
  };
  // one file goes into the form shown; several get a form each, in the order chosen
  const spread = (list) => {
    const chosen = [...list];
    if (chosen.length === 1) {
      attach(first, chosen[0]);
      fill(first, chosen[0]);
      return;
    }
    for (const file of chosen) {
      const form = first.cloneNode(true);
      form.removeAttribute("data-vks-template");
      form.classList.add("vks-file");
      form.querySelector("input[type=file]").multiple = false;
      form.querySelector("[name=folio_from]").value = "";
      form.querySelector("[data-vks-answer]").replaceChildren();
      form.querySelector("[data-vks-leave]").hidden = false;
      for (const part of form.querySelectorAll("[id], [for]")) {
        for (const name of ["id", "for"]) {
          if (part.hasAttribute(name)) part.setAttribute(name, `${part.getAttribute(name)}-${files.childElementCount}`);
        }
      }
      files.append(form);
      attach(form, file);
      fill(form, file);
    }
    if (chosen.length) chooser.value = "";
  };
  const all = box.querySelector("[data-vks-all]");
  const forms = () => [...files.querySelectorAll("form")];
  const offer = () => (all.hidden = !forms().length);
  chooser.addEventListener("change", () => {
    spread(chooser.files);
    offer();
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.toggle("vks-drop", name === "dragover");
      if (name !== "drop") return;
      spread(event.dataTransfer.files);
      offer();
    });
  }
  const TAKEN = "taken";
  const REFUSED = "refused";
  const LOST = "lost";
  // told, never filled in: a number that was taken cannot be given back
  const tellNext = (last) => {
    for (const told of box.querySelectorAll("[data-vks-next]")) told.textContent = Math.max(last + 1, Number(told.textContent));
  };
  const send = async (form) => {
    const answer = form.querySelector("[data-vks-answer]");
    const button = form.querySelector("button:not([type=button])");
    if (button.disabled) return LOST;
    button.disabled = true;
    let came = LOST;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "HX-Request": "true" },
      });
      if (response.redirected || response.status === 401) throw new Error("signed out");
      answer.innerHTML = await response.text();
      came = response.ok ? TAKEN : REFUSED;
      if (response.ok) {
        tellNext(Number(form.querySelector("[name=folio_to]").value || form.querySelector("[name=folio_from]").value || 0));
        if (form === first) form.reset();
        else form.replaceWith(answer);
      }
    } catch {
      answer.textContent = box.dataset.vksLost;
    } finally {
      button.disabled = false;
    }
    return came;
  };
  const filler = first.querySelector("[data-vks-take-next]");
  if (filler) filler.hidden = false;
  box.addEventListener("click", (event) => {
    if (!event.target.matches("[data-vks-take-next]")) return;
    const field = event.target.form.querySelector("[name=folio_from]");
    field.value = event.target.form.querySelector("[data-vks-next]").textContent.trim();
    field.focus();
  });
  // a file that is not to be filed after all
  box.addEventListener("click", (event) => {
    if (!event.target.matches("[data-vks-leave]")) return;
    const next = event.target.form.nextElementSibling;
    event.target.form.remove();
    offer();
    (next?.querySelector("[data-vks-leave]") ?? chooser).focus();
  });
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    if ((await send(event.target)) === TAKEN) refresh();
    offer();
  });
  // one after another, in the order chosen; what is refused waits with its reason while the others go on, unless nothing gets through
  all.addEventListener("click", async () => {
    all.disabled = true;
    let wrong = null;
    for (const form of forms()) {
      // taken out, or sent by its own button, while those before it went
      if (!form.isConnected) continue;
      const came = form.checkValidity() ? await send(form) : REFUSED;
      if (came !== TAKEN) wrong ??= form;
      if (came === LOST) break;
    }
    all.disabled = false;
    offer();
    if (wrong) {
      wrong.reportValidity();
      wrong.scrollIntoView({ block: "center" });
    }
    refresh();
  });
}

// how many of the volumes were scanned: what is ticked by itself, or by hand, was not
function countScanned(list) {
  const boxes = [...list.querySelectorAll("[data-vks-code]")];
  const scanned = boxes.filter((each) => each.checked && each.hasAttribute("data-vks-seen")).length;
  const counter = list.querySelector("[data-vks-scanned]");
  counter.textContent = counter.dataset.vksSaid.replace("{n}", scanned).replace("{all}", boxes.length);
}
// a scanner types what is on the label of a volume and ends with Enter: the volume is ticked, what is missing is told
function countVolumes(list, wrong = []) {
  const boxes = [...list.querySelectorAll("[data-vks-code]")];
  const missing = boxes.filter((each) => !each.checked).map((each) => each.dataset.vksLabel);
  const said = missing.length ? `${list.dataset.vksMissing} ${missing.join(", ")}` : list.dataset.vksAll;
  const state = list.querySelector("[data-vks-scan-state]");
  state.textContent = [...wrong, list.hasAttribute("data-vks-counting") ? said : ""].filter(Boolean).join(" · ");
  state.classList.toggle("text-danger", wrong.length > 0);
  countScanned(list);
}
document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("[data-vks-scan]");
  if (!field || event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
  event.preventDefault();
  const list = field.closest("[data-vks-volumes]");
  const boxes = [...list.querySelectorAll("[data-vks-code]")];
  const typed = field.value.trim().toUpperCase().split(/\s+/).filter(Boolean);
  field.value = "";
  const wrong = [];
  for (const code of typed) {
    const box = boxes.find((each) => each.dataset.vksCode.toUpperCase() === code);
    const gone = [...list.querySelectorAll("[data-vks-gone]")].find((each) => each.dataset.vksGone.toUpperCase() === code);
    if (!box && gone) {
      wrong.push(gone.textContent);
      continue;
    }
    if (!box) {
      // what no label says at all, as the server would tell once it is sent
      const odd = /^.+-(HSVA|HSKS)-T\d{2,}$/.test(code) ? "" : list.dataset.vksForm;
      wrong.push(`${list.dataset.vksUnknown} ${code}${odd ? `. ${odd}` : ""}`);
      continue;
    }
    // the first one that is scanned begins the count: what was ticked by itself has to be seen
    if (!list.hasAttribute("data-vks-counting")) {
      list.setAttribute("data-vks-counting", "");
      for (const each of boxes) each.checked = false;
    }
    if (box.checked && box.hasAttribute("data-vks-seen")) wrong.push(`${list.dataset.vksAgain} ${box.dataset.vksLabel}`);
    box.checked = true;
    if (!box.hasAttribute("data-vks-seen")) {
      box.setAttribute("data-vks-seen", "");
      // a page that comes back knows what was scanned
      const seen = Object.assign(document.createElement("input"), { type: "hidden", name: "scanned", value: box.value });
      list.append(seen);
    }
  }
  countVolumes(list, wrong);
});
// a tick by hand goes on with the count
document.addEventListener("change", (event) => {
  const list = event.target.matches("[data-vks-code]") && event.target.closest("[data-vks-volumes]");
  if (list) countVolumes(list);
});
for (const list of document.querySelectorAll("[data-vks-volumes]")) countScanned(list);
// what came back from the server with some ticked is a count that was begun: the next label is added to it
for (const list of document.querySelectorAll("[data-vks-volumes][data-vks-counting]")) countVolumes(list);
// an area of a page is drawn by dragging over it, in percent of the page
const drawAreas = (page, { keep, moved, done }) => {
  const drawing = page.querySelector("svg");
  let from = null;
  let drawn = null;
  let area = null;
  const place = (event) => {
    const frame = page.getBoundingClientRect();
    const part = (at, start, size) => Math.min(Math.max(((at - start) / size) * 100, 0), 100);
    return [part(event.clientX, frame.left, frame.width), part(event.clientY, frame.top, frame.height)];
  };
  page.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    page.setPointerCapture(event.pointerId);
    from = place(event);
    area = null;
    if (!keep) drawn?.remove();
    drawn = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    drawn.setAttribute("class", "vks-drawn");
    drawing.append(drawn);
  });
  page.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = place(event);
    area = [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])];
    ["x", "y", "width", "height"].forEach((name, number) => drawn.setAttribute(name, area[number]));
    moved?.(area);
  });
  page.addEventListener("pointerup", () => {
    from = null;
    // a click is no area
    if (area && area[2] > 0.2 && area[3] > 0.2) done?.(area);
    else if (keep) drawn?.remove();
  });
};
// a mark: the field takes percentages from whoever types them
{
  const marking = document.querySelector("[data-vks-marking]");
  const field = document.querySelector("#vks-mark input[name=area]");
  if (marking && field) drawAreas(marking, { moved: (area) => (field.value = area.map((each) => each.toFixed(1)).join(" ")) });
}
// what is to be taken out: each area is a line more, in millimetres, as people type it
{
  const page = document.querySelector("[data-vks-taking-out]");
  const lines = document.querySelector("textarea[name=rectangles]");
  if (page && lines) {
    const picture = page.querySelector("img");
    drawAreas(page, {
      keep: true,
      done: (area) => {
        // the picture has a dot for each point of the page
        const sides = [picture.naturalWidth, picture.naturalHeight].map((dots) => (dots * 25.4) / 72 / 100);
        const told = area.map((each, number) => (each * sides[number % 2]).toFixed(1));
        const before = lines.value.trimEnd();
        lines.value = `${before ? `${before}\n` : ""}${page.dataset.vksTakingOut} ${told.join(" ")}\n`;
      },
    });
  }
}

// pages of a document: a button turns a page or moves it; the fields say the same without it
const sheets = document.querySelector("[data-vks-sheets]");
if (sheets) {
  const first = Math.min(...[...sheets.querySelectorAll("[name^=order-]")].map((field) => Number(field.value) || 1));
  for (const tools of sheets.querySelectorAll(".vks-sheet-do")) tools.hidden = false;
  const draw = (sheet) => {
    const turn = sheet.querySelector("[name^=turn-]").value;
    sheet.querySelector("img").className = `vks-turn-${turn}`;
    sheet.classList.toggle("vks-out", sheet.querySelector("[name^=out-]").checked);
  };
  sheets.addEventListener("change", (event) => draw(event.target.closest(".vks-sheet")));
  sheets.addEventListener("click", (event) => {
    const button = event.target.closest("[data-vks-turn], [data-vks-shift]");
    if (!button) return;
    const sheet = button.closest(".vks-sheet");
    if (button.hasAttribute("data-vks-turn")) {
      const field = sheet.querySelector("[name^=turn-]");
      field.value = String((Number(field.value) + Number(button.dataset.vksTurn) + 360) % 360);
      draw(sheet);
      return;
    }
    const other = button.dataset.vksShift === "1" ? sheet.nextElementSibling : sheet.previousElementSibling;
    if (!other) return;
    if (button.dataset.vksShift === "1") other.after(sheet);
    else other.before(sheet);
    [...sheets.querySelectorAll("[name^=order-]")].forEach((field, place) => (field.value = String(first + place)));
    button.focus();
  });
  // a click shows a page as large as it is drawn, turned as it is now; without scripts it opens in a tab of its own
  const large = document.querySelector("[data-vks-large]");
  sheets.addEventListener("click", (event) => {
    const link = event.target.closest("[data-vks-enlarge]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const picture = link.querySelector("img").cloneNode();
    large.querySelector("[data-vks-large-page]").replaceChildren(picture);
    large.showModal();
    // turned by a quarter it lies in the middle of where it stood
    large.scrollTop = /-(90|270)$/.test(picture.className) ? (large.scrollHeight - large.clientHeight) / 2 : 0;
  });
  large.addEventListener("click", (event) => {
    if (event.target === large || event.target.closest("[data-vks-shut]")) large.close();
  });
}
