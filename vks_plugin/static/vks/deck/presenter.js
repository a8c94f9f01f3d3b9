// The presenter's window: notes, what comes next, the clock; it asks the court's screen for everything that is shown.
"use strict";
(function () {
  const { deck, slides, pages, make } = View;
  const find = (id) => document.getElementById(id);
  const court = window.opener;
  let told = null;
  let heard = 0;
  let chosen = 0; // a slide that is held back and waits for the release
  let asking = 0;
  let started = Date.now();

  function ask(act, more) {
    if (!court || court.closed) return;
    court.postMessage(Object.assign({ vks: deck.token, act }, more), "*");
  }

  const isHeld = (slide) => slide.state === "cho_hdxx_dong_y" && !(told && told.released[slide.number]);

  window.addEventListener("message", (event) => {
    if (event.source !== court || !event.data || event.data.vks !== deck.token) return;
    if (event.data.log) return save(event.data.log);
    heard = Date.now();
    const before = told;
    told = event.data;
    render(before);
  });

  function words(at) {
    if (!at) return "";
    if (at.key) return View.placed(pages[at.key]);
    const slide = slides[at.slide];
    return `${slide.number}/${deck.slides.length}`;
  }

  function show(id, at) {
    const host = find(id);
    const drawn = JSON.stringify([at, told && told.marks]);
    if (host.dataset.drawn === drawn) return;
    host.dataset.drawn = drawn;
    if (at) View.show(host, at, { marks: true });
    else host.textContent = "";
  }

  function note(host, title, text) {
    if (!text) return;
    host.append(make("h3", "", title));
    text.split("\n").forEach((line) => host.append(make("p", "", line)));
  }

  function render() {
    if (!told) return;
    const at = told.at[told.active];
    find("link").textContent = told.said || (told.black ? "Màn hình Tòa đang để đen" : "Đang nối với màn hình Tòa");
    find("link").className = `p-link ${told.said ? "warn" : told.black ? "dark" : "good"}`;
    find("where").textContent = words(at) + (told.zoom > 1 ? ` · phóng ${told.zoom.toFixed(1)}×` : "") + (told.typed ? ` · BL ${told.typed}` : "");
    find("after").textContent = told.next ? words(told.next) : "(hết)";
    show("now", at);
    show("next", told.next);
    if (!drawing) View.frame(find("now"), told.callout && told.callout.number === told.active ? told.callout : null);
    document.body.classList.toggle("framing", Boolean(told.callout) && !told.pen);
    const shown = chosen && slides[chosen] && isHeld(slides[chosen]) ? slides[chosen] : at && at.slide ? slides[at.slide] : null;
    const notes = find("notes");
    notes.textContent = "";
    if (shown) {
      if (shown.number === chosen && isHeld(shown)) notes.append(make("p", "p-held", `Trang ${shown.number} chờ HĐXX đồng ý. ${shown.ground} Nhấn R để cho chiếu.`));
      note(notes, `Trang ${shown.number}: ${shown.title}`, (window.DECK_NOTES.slides || {})[shown.number] || "");
    }
    const keys = shown ? shown.pages : at && at.key ? [at.key] : [];
    keys.forEach((key) => ((window.DECK_NOTES.marks || {})[key] || []).forEach((text) => text && note(notes, `Đánh dấu ở BL ${pages[key].folio}`, text)));
    if (!notes.textContent) notes.append(make("p", "p-none", "Trang này không có ghi chú."));
    Array.from(find("list").children).forEach((row) => {
      const slide = slides[row.value];
      row.className = `${at && at.slide === slide.number ? "here" : ""} ${isHeld(slide) ? "held" : ""} ${slide.state === "du_phong" ? "reserve" : ""} ${chosen === slide.number ? "chosen" : ""}`;
      if (at && at.slide === slide.number && row.dataset.seen !== String(slide.number)) row.scrollIntoView({ block: "nearest" });
    });
    logged();
    Array.from(find("tools").children).forEach((button) => button.classList.toggle("on", Boolean(told[button.dataset.state])));
  }

  (window.DECK_NOTES.remarks || []).forEach((words) => find("remarks").append(make("p", "", words)));

  // --- the list ----------------------------------------------------------------------------------

  deck.slides.forEach((slide) => {
    const row = make("li");
    row.value = slide.number;
    const button = make("button", "", `${slide.number}. ${slide.title || "(không tiêu đề)"}`);
    button.type = "button";
    const mark = slide.state === "cho_hdxx_dong_y" ? "Chờ HĐXX · " : slide.state === "du_phong" ? "Dự phòng · " : "";
    button.append(make("small", "", mark + slide.citation.split(" · HSVA")[0]));
    button.addEventListener("click", () => {
      button.blur();
      if (isHeld(slide)) {
        chosen = slide.number;
        render();
      } else {
        chosen = 0;
        ask("slide", { slide: slide.number });
      }
    });
    row.append(button);
    find("list").append(row);
  });

  // --- release of testimony: two keys, never one -------------------------------------------------

  function release() {
    const at = told && told.at[told.active];
    const slide = slides[chosen] && isHeld(slides[chosen]) ? slides[chosen] : null;
    if (!slide) {
      const open = at && at.slide && slides[at.slide].state === "cho_hdxx_dong_y" ? slides[at.slide] : null;
      if (open) ask("withhold", { slide: open.number });
      return;
    }
    asking = slide.number;
    find("ask-words").textContent = `Cho chiếu trang ${slide.number} “${slide.title}”? ${slide.ground}`;
    find("ask").hidden = false;
    find("ask-yes").focus();
  }
  function answer(yes) {
    find("ask").hidden = true;
    if (yes && asking) {
      ask("release", { slide: asking });
      chosen = 0;
    }
    asking = 0;
  }
  find("ask-yes").addEventListener("click", () => answer(true));
  find("ask-no").addEventListener("click", () => answer(false));

  // --- a part of the page that the court is to see enlarged: drawn here, on the page shown ------------

  let drawing = null;
  const pointer = window.PointerEvent ? "pointer" : "mouse";
  find("now").addEventListener(`${pointer}down`, (event) => {
    const sheet = find("now").querySelector(".page-sheet");
    if (event.button !== 0 || !sheet || !told || !told.callout || told.pen) return;
    drawing = { sheet, from: event, key: View.keyOf(told.at[told.active]), area: null };
    event.preventDefault();
  });
  document.addEventListener(`${pointer}move`, (event) => {
    if (!drawing) return;
    const area = View.areaOf(drawing.sheet, drawing.from, event);
    if (!View.isArea(area)) return;
    drawing.area = area;
    View.frame(find("now"), { area, large: false });
  });
  document.addEventListener(`${pointer}up`, () => {
    const drawn = drawing;
    drawing = null;
    if (drawn && drawn.area) ask("area", { area: drawn.area, key: drawn.key });
  });

  // --- keys --------------------------------------------------------------------------------------

  const BY_KEY = {
    ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "back", PageUp: "back", Home: "first", End: "last",
    ArrowUp: "up", ArrowDown: "down", Backspace: "returned", k: "play", "+": "larger", "=": "larger", "-": "smaller", w: "whole",
    s: "spot", p: "pen", e: "erase", t: "callout", m: "marks", b: "black", ".": "black", v: "split", Tab: "other",
  };
  let typed = "";
  function type(text) {
    typed = text;
    find("goto").value = text;
    ask("type", { text });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const name = event.key;
    if (!find("ask").hidden) {
      if (name === "Escape") answer(false);
      else if (name === "Enter") answer(true);
      else return;
      event.preventDefault();
      return;
    }
    if (event.target === find("goto")) {
      if (name !== "Enter" && name !== "Escape") return;
      if (name === "Enter" && find("goto").value) ask("folio", { folio: find("goto").value });
      find("goto").value = "";
      find("goto").blur();
      event.preventDefault();
      return;
    }
    if (/^\d$/.test(name) && typed.length < 7) type(typed + name);
    else if (!typed && name.toLowerCase() === "a") type("a");
    else if (typed && /^[a-z]$/i.test(name) && /^\d+$/.test(typed)) type(typed + name.toLowerCase());
    else if (typed && name === "Backspace") type(typed.slice(0, -1));
    else if (typed && name === "Escape") type("");
    else if (typed && name === "Enter") {
      const wanted = typed;
      type("");
      ask("folio", { folio: wanted });
    } else if (told && told.callout && /^(?:Arrow|Enter$|Escape$)/.test(name) && event.target.tagName !== "BUTTON") {
      ask("frame", { key: name, sizes: event.shiftKey });
    } else if (name.toLowerCase() === "r") release();
    else {
      const act = BY_KEY[name.length === 1 ? name.toLowerCase() : name];
      if (!act || (name === "Enter" && event.target.tagName === "BUTTON")) return;
      ask(act);
    }
    event.preventDefault();
  });

  [
    ["back", "‹ Trước", ""], ["next", "Sau ›", ""], ["larger", "+", ""], ["smaller", "−", ""], ["whole", "Rộng (W)", ""],
    ["spot", "Rọi (S)", "spot"], ["pen", "Bút (P)", "pen"], ["erase", "Xóa nét (E)", ""], ["callout", "Trích (T)", "callout"], ["marks", "Đánh dấu (M)", "marks"],
    ["play", "Video (K)", ""], ["split", "Đôi (V)", "split"], ["returned", "Về chỗ cũ", ""], ["black", "Đen (B)", "black"],
  ].forEach((each) => {
    const button = make("button", "", each[1]);
    button.type = "button";
    button.tabIndex = -1;
    if (each[2]) button.dataset.state = each[2];
    button.addEventListener("click", () => {
      button.blur();
      ask(each[0]);
    });
    find("tools").append(button);
  });
  const hold = make("button", "strong", "Cho chiếu lời khai (R)");
  hold.type = "button";
  hold.addEventListener("click", () => {
    hold.blur();
    release();
  });
  find("tools").append(hold);

  // --- the log of what was shown: the court's window keeps it, here it is saved -----------------------

  function logged() {
    const days = told.days || [];
    const chooser = find("log-day");
    const named = (day) => day.split("-").reverse().join("/");
    if (chooser.options.length !== days.length || days.some((each, place) => chooser.options[place].value !== each[0])) {
      chooser.textContent = "";
      days.forEach((each) => {
        const option = make("option", "", named(each[0]));
        option.value = each[0];
        chooser.append(option);
      });
    }
    chooser.hidden = days.length < 2;
    const chosen = days.find((each) => each[0] === chooser.value);
    find("log-words").textContent = chosen ? `Nhật ký ${named(chosen[0])}: ${chosen[1]} lần chiếu` : "Nhật ký: chưa có";
  }
  function save(log) {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(log)], { type: "application/json" }));
    link.download = `nhat-ky-trinh-chieu-${log.case}-${log.day}.json`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  find("log-day").addEventListener("change", () => {
    find("log-day").blur();
    if (told) logged();
  });
  find("log-save").addEventListener("click", () => {
    find("log-save").blur();
    if (find("log-day").value) ask("log", { day: find("log-day").value });
  });
  find("log-clear").addEventListener("click", () => {
    find("log-clear").blur();
    const day = find("log-day").value;
    if (day && confirm(`Bỏ nhật ký ngày ${day.split("-").reverse().join("/")} trên máy này và ghi lại từ bây giờ?`)) ask("log-clear", { day });
  });

  // --- clock -------------------------------------------------------------------------------------

  const two = (number) => String(number).padStart(2, "0");
  function tick() {
    const now = new Date();
    find("clock").textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
    const seconds = Math.floor((Date.now() - started) / 1000);
    const hours = Math.floor(seconds / 3600);
    find("elapsed").textContent = `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    if (!court || court.closed || Date.now() - heard > 4000) {
      find("link").textContent = court && !court.closed ? "Mất nối với màn hình Tòa" : "Màn hình Tòa đã đóng: mở lại từ index.html, nhấn N";
      find("link").className = "p-link warn";
    }
    ask("hello");
  }
  find("restart").addEventListener("click", () => (started = Date.now()));
  window.addEventListener("resize", () => {
    ["now", "next"].forEach((id) => delete find(id).dataset.drawn);
    render();
  });
  setInterval(tick, 1000);
  tick();
})();
