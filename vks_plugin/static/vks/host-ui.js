// Our entry in the sidebar of the host's own interface, and the case of the document shown.
"use strict";
(() => {
  // in the language of our pages; the host's own interface may be in another
  const { entry: ENTRY, case: CASE, due: DUE, all: ALL, read: READ } = document.currentScript.dataset;
  const root = document.querySelector("base")?.getAttribute("href") ?? "/";
  const ICON = "M2 3a2 2 0 0 1 2-2h3l1.5 2H12a2 2 0 0 1 2 2v1H4.5A1.5 1.5 0 0 0 3 7.2L2 11V3zm2.3 4.6A.5.5 0 0 1 4.8 7h9.7a.5.5 0 0 1 .48.64l-1.4 5A.5.5 0 0 1 13.1 13H3.4a.5.5 0 0 1-.48-.64l1.38-4.76z";

  // the host's own rules for its sidebar, the narrow one among them, go by attributes its elements carry
  function alike(item, list) {
    const scope = [...(list.querySelector("li")?.attributes ?? [])].filter((each) => each.name.startsWith("_ngcontent"));
    for (const part of [item, ...item.querySelectorAll("a, span")]) {
      for (const each of scope) part.setAttribute(each.name, each.value);
    }
    return item;
  }
  function entry() {
    const item = document.createElement("li");
    item.className = "nav-item app-link";
    item.id = "vks-sidebar";
    const link = document.createElement("a");
    link.className = "nav-link";
    link.href = `${root}vks/`;
    link.title = ENTRY;
    const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ width: "16", height: "16", viewBox: "0 0 16 16", fill: "currentColor", class: "me-2 bi", "aria-hidden": "true" })) {
      icon.setAttribute(name, value);
    }
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
    shape.setAttribute("d", ICON);
    icon.append(shape);
    const words = document.createElement("span");
    words.textContent = ENTRY;
    link.append(icon, words);
    item.append(link);
    return item;
  }

  let shown = "";
  async function caseOf(id) {
    const answer = await fetch(`${root}api/vks/documents/${id}/`, { headers: { Accept: "application/json; version=10" } });
    return answer.ok ? answer.json() : null;
  }
  async function panel() {
    const id = location.pathname.match(/\/documents\/(\d+)/)?.[1] ?? "";
    const old = document.getElementById("vks-case");
    if (!id) {
      old?.remove();
      shown = "";
      return;
    }
    const place = document.querySelector("pngx-page-header");
    if (!place || (id === shown && old)) return;
    shown = id;
    old?.remove();
    const filing = await caseOf(id).catch(() => null);
    if (!filing || shown !== id || document.getElementById("vks-case")) return;
    const line = document.createElement("p");
    line.id = "vks-case";
    line.className = "mb-2";
    const link = document.createElement("a");
    const code = filing.case?.code ?? filing.case_code ?? filing.case;
    const name = filing.case?.name ?? filing.case_name ?? "";
    link.href = `${root}vks/cases/${encodeURIComponent(code)}/`;
    link.textContent = `${CASE} ${code}${name ? ` – ${name}` : ""}`;
    line.append(link);
    place.after(line);
  }

  // the host fetches the same file to print it as to download it; the server is told which before it is asked
  document.addEventListener("click", (event) => {
    const id = location.pathname.match(/\/documents\/(\d+)/)?.[1];
    if (id && event.target.closest?.("button")?.querySelector('i-bs[name="printer"]')) {
      document.cookie = `vks_print=${id}; max-age=10; path=${root}; samesite=strict`;
    }
  }, true);

  // reminders of time limits, in a notice like the host's own
  const SHOWN = 5;
  function notice(found) {
    document.getElementById("vks-reminders")?.remove();
    const box = document.createElement("section");
    box.id = "vks-reminders";
    box.className = "toast show position-fixed bottom-0 end-0 m-3";
    box.style.zIndex = "1080";
    box.setAttribute("role", "status");
    box.setAttribute("aria-label", DUE);
    const head = document.createElement("div");
    head.className = "toast-header";
    const title = document.createElement("strong");
    title.className = "me-auto";
    title.textContent = `${DUE} (${found.count})`;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.setAttribute("aria-label", READ);
    close.addEventListener("click", async () => {
      box.remove();
      const token = document.cookie.match(/(?:^|; )[^=]*csrftoken=([^;]+)/)?.[1] ?? "";
      await fetch(`${root}api/vks/reminders/read/`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token, Accept: "application/json; version=10" },
        body: JSON.stringify({ reminders: found.results.map((each) => each.id) }),
      }).catch(() => null);
    });
    head.append(title, close);
    const body = document.createElement("ul");
    body.className = "toast-body list-unstyled mb-0";
    for (const each of found.results.slice(0, SHOWN)) {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `${root}vks/cases/${encodeURIComponent(each.case)}/`;
      const [year, month, day] = each.due_on.split("-");
      link.textContent = `${day}/${month}/${year} ${each.case}`;
      line.append(link, ` – ${each.limit}${each.accused ? ` (${each.accused})` : ""}`);
      body.append(line);
    }
    const rest = document.createElement("li");
    const all = document.createElement("a");
    all.href = `${root}vks/deadlines/`;
    all.textContent = ALL;
    rest.append(all);
    body.append(rest);
    box.append(head, body);
    document.body.append(box);
  }
  async function remind() {
    const answer = await fetch(`${root}api/vks/reminders/`, { headers: { Accept: "application/json; version=10" } }).catch(() => null);
    if (!answer?.ok) return;
    const found = await answer.json();
    if (found.count) notice(found);
  }
  remind();

  let due = false;
  function arrange() {
    due = false;
    const list = document.querySelector("#sidebarMenu ul.nav");
    if (list && !document.getElementById("vks-sidebar")) list.append(alike(entry(), list));
    panel();
  }
  new MutationObserver(() => {
    if (!due) {
      due = true;
      requestAnimationFrame(arrange);
    }
  }).observe(document.body, { childList: true, subtree: true });
  arrange();
})();
