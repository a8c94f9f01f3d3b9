// Behaviour of our pages. Every page also works without it.
"use strict";
document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-vks-theme], [data-vks-preview], [data-vks-add], .vks-jumps a");
  if (!target) return;
  if (target.hash && target.parentElement.classList.contains("vks-jumps")) {
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
    addRow(target.dataset.vksAdd);
  }
});

// another row of a form set: the last one copied, emptied and numbered on
function addRow(prefix) {
  const rows = document.querySelector(`[data-vks-rows="${prefix}"]`);
  const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
  const number = Number(total.value);
  const copy = rows.lastElementChild.cloneNode(true);
  for (const part of copy.querySelectorAll("[name], [id], [for]")) {
    for (const name of ["name", "id", "for"]) {
      const value = part.getAttribute(name);
      if (value) part.setAttribute(name, value.replace(`${prefix}-${number - 1}-`, `${prefix}-${number}-`));
    }
    if ("value" in part) part.value = "";
  }
  rows.append(copy);
  total.value = number + 1;
  copy.querySelector("input").focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.vksConfirm && !confirm(form.dataset.vksConfirm)) {
    event.preventDefault();
    return;
  }
  if (form.hasAttribute("data-vks-once")) {
    // the server also recognises a second click; this only spares the person the wait
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelector("button:not([type=button])").setAttribute("aria-disabled", "true");
  }
});

// htmx leaves answers above 399 alone; ours carry the sentence that belongs on the page
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400 && event.detail.xhr.status < 500) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

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
  const send = async (form) => {
    const answer = form.querySelector("[data-vks-answer]");
    const button = form.querySelector("button");
    if (button.disabled) return false;
    button.disabled = true;
    let taken = false;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "HX-Request": "true" },
      });
      // who is not signed in any more is sent to the host's page for that
      if (response.redirected) throw new Error("signed out");
      answer.innerHTML = await response.text();
      taken = response.ok;
      if (taken) {
        if (form === first) {
          const next = Number(form.querySelector("[name=folio_to]").value || form.querySelector("[name=folio_from]").value || 0) + 1;
          form.reset();
          if (next > 1) form.querySelector("[name=folio_from]").value = next;
        } else {
          form.replaceWith(answer);
        }
      }
    } catch {
      answer.textContent = box.dataset.vksLost;
    } finally {
      button.disabled = false;
    }
    return taken;
  };
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await send(event.target)) refresh();
    offer();
  });
  // one after another, in the order chosen; the first that is refused is shown and the others wait
  all.addEventListener("click", async () => {
    all.disabled = true;
    for (const form of forms()) {
      if (!form.reportValidity() || !(await send(form))) {
        form.scrollIntoView({ block: "center" });
        break;
      }
    }
    all.disabled = false;
    offer();
    refresh();
  });
}
