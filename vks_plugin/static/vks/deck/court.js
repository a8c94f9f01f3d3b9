// The screen of the court. It alone knows what is shown; the presenter's window asks, and is told.
"use strict";
(function () {
  const { deck, pages, slides, steps, byFolio, folioLabel, make, keyOf } = View;
  const find = (id) => document.getElementById(id);
  const panes = Array.from(document.querySelectorAll(".pane"));
  const state = {
    active: 0,
    split: false,
    black: false,
    spot: false,
    pen: false,
    marks: true,
    released: {},
    releasedAt: {},
    at: [null, null],
  };
  const zooms = [null, null].map(() => ({ scale: 1, x: 0, y: 0 }));
  const history = [];
  const strokes = {};
  const stages = [null, null];
  let begun = false;

  const isHeld = (slide) => slide.state === "cho_hdxx_dong_y" && !state.released[slide.number];
  const isHeldPage = (key) =>
    pages[key].held && !deck.slides.some((slide) => slide.pages.indexOf(key) >= 0 && !isHeld(slide));
  // a place that shows what the panel has not let be made public, or no longer
  const isHeldAt = (at) => (at.key ? isHeldPage(at.key) : Boolean(slides[at.slide]) && isHeld(slides[at.slide]));
  const comes = (step) => {
    const slide = slides[step.slide];
    return slide.state !== "du_phong" && !isHeld(slide);
  };
  const same = (one, other) => one && other && one.slide === other.slide && (one.page || 0) === (other.page || 0) && one.key === other.key;

  // --- showing -----------------------------------------------------------------------------------

  function refresh() {
    panes[1].hidden = !state.split;
    panes[0].parentNode.classList.toggle("split", state.split);
    panes.forEach((pane, number) => {
      pane.classList.toggle("active", state.split && number === state.active);
      if (number === 1 && !state.split) return;
      if (!state.at[number]) {
        pane.textContent = "";
        stages[number] = null;
        return;
      }
      keep(number);
      stages[number] = View.show(pane, state.at[number], { marks: state.marks, plays: true });
      goOn(number);
      stages[number].parentNode.append(make("div", "spotlight"));
      apply(number);
      canvas(number);
    });
    recall();
    find("black").hidden = !state.black;
    document.body.classList.toggle("spotting", state.spot);
    document.body.classList.toggle("drawing", state.pen);
    preload();
    tell();
  }

  // the screen is drawn anew when a pen is taken: a video goes on where it was
  const reached = {};
  const filmed = [0, 0];
  const videoOf = (number) => stages[number] && stages[number].querySelector("video");
  function keep(number) {
    const video = videoOf(number);
    if (video && filmed[number]) reached[filmed[number]] = { time: video.currentTime, plays: !video.paused };
  }
  function goOn(number) {
    const video = videoOf(number);
    const at = state.at[number];
    const before = filmed[number];
    filmed[number] = video && at ? at.slide : 0;
    if (!video) return;
    const here = reached[at.slide];
    if (!here) return;
    video.addEventListener("loadedmetadata", () => {
      video.currentTime = here.time;
      if (here.plays && before === at.slide && !state.black) video.play();
    });
  }
  function play() {
    const video = videoOf(state.active);
    if (!video) return;
    const data = slides[state.at[state.active].slide].video;
    if (!video.paused) return void video.pause();
    if (video.currentTime >= data.to - 0.1) video.currentTime = data.from;
    video.play();
  }

  function preload() {
    const next = nextOf(state.at[state.active], 1);
    const key = next && slides[next.slide].pages[next.page];
    if (key) new Image().src = pages[key].file;
  }

  function apply(number) {
    const stage = stages[number];
    if (!stage) return;
    const zoom = zooms[number];
    stage.style.transform = `translate(${zoom.x}px, ${zoom.y}px) scale(${zoom.scale})`;
    if (callout && callout.number === number) recall();
  }

  function go(at, options) {
    if (!at || isHeldAt(at)) return;
    const here = state.at[state.active];
    if (here && !same(here, at) && !(options && options.back)) {
      history.push(here);
      if (history.length > 100) history.shift();
    }
    state.at[state.active] = at;
    state.black = false;
    Object.assign(zooms[state.active], { scale: 1, x: 0, y: 0 });
    refresh();
  }

  function nextOf(at, way) {
    // from a folio that was called up one goes on where one was
    const origin = at && at.slide ? at : history.slice().reverse().find((each) => each.slide);
    let place = origin ? steps.findIndex((step) => step.slide === origin.slide && step.page === (origin.page || 0)) : -1;
    for (place += way; place >= 0 && place < steps.length; place += way) if (comes(steps[place])) return steps[place];
    return null;
  }

  function toFolio(text) {
    const label = folioLabel(text);
    const keys = byFolio[label];
    if (!keys) return say(`Gói này không có BL ${label}.`);
    const open = keys.find((key) => !isHeldPage(key));
    if (!open) return say(`BL ${label}: chưa được Hội đồng xét xử đồng ý công bố.`);
    const here = state.at[state.active];
    // shown by the slide one is at already, or by one that comes: then with its title
    const slide = deck.slides.find((each) => each.pages.indexOf(open) >= 0 && !isHeld(each));
    if (here && here.key === open) return undefined;
    return go(slide ? { slide: slide.number, page: slide.pages.indexOf(open) } : { key: open });
  }

  // a number of the scene plan that is shown, or was shown before the photo that is
  function toPhoto(number) {
    const at = state.at[state.active];
    const slide = at && at.slide ? slides[at.slide] : null;
    if (!slide || !slide.markers.length) return say("Trang đang chiếu không phải sơ đồ hiện trường.");
    const mark = slide.markers.find((each) => each.number === number);
    if (!mark) return say(`Sơ đồ này không có số ${number}.`);
    if (mark.page === null) return say(`Số ${number}: ${mark.caption || "không có ảnh"}`);
    return toSlide(slide.number, mark.page);
  }

  function toSlide(number, page) {
    const slide = slides[number];
    if (!slide) return undefined;
    if (isHeld(slide)) return say("Lời khai này chưa được Hội đồng xét xử đồng ý công bố.");
    return go({ slide: slide.number, page: page || 0 });
  }

  let saying = 0;
  function say(sentence) {
    const box = find("said");
    box.textContent = sentence;
    box.hidden = false;
    clearTimeout(saying);
    saying = setTimeout(() => {
      box.hidden = true;
      box.textContent = "";
      tell();
    }, 3500);
    tell();
  }

  // --- enlarging, moving -------------------------------------------------------------------------

  function zoomBy(factor, point) {
    const number = state.active;
    const zoom = zooms[number];
    const stage = stages[number];
    if (!stage) return;
    const frame = stage.parentNode.getBoundingClientRect();
    const at = point || { x: frame.left + frame.width / 2, y: frame.top + frame.height / 2 };
    const scale = Math.min(Math.max(zoom.scale * factor, 1), 8);
    const x = at.x - frame.left - frame.width / 2;
    const y = at.y - frame.top - frame.height / 2;
    zoom.x = x - ((x - zoom.x) * scale) / zoom.scale;
    zoom.y = y - ((y - zoom.y) * scale) / zoom.scale;
    zoom.scale = scale;
    bound(number);
    apply(number);
    tell();
  }
  function bound(number) {
    const zoom = zooms[number];
    const frame = stages[number].parentNode.getBoundingClientRect();
    const x = (frame.width * (zoom.scale - 1)) / 2;
    const y = (frame.height * (zoom.scale - 1)) / 2;
    zoom.x = Math.min(Math.max(zoom.x, -x), x);
    zoom.y = Math.min(Math.max(zoom.y, -y), y);
  }
  function moveBy(x, y) {
    zooms[state.active].x += x;
    zooms[state.active].y += y;
    bound(state.active);
    apply(state.active);
  }
  // a page as wide as the screen, from its top: how one reads it
  function fitWidth() {
    const stage = stages[state.active];
    const image = stage && stage.querySelector(".page-image");
    const zoom = zooms[state.active];
    if (!image || zoom.scale > 1) {
      Object.assign(zoom, { scale: 1, x: 0, y: 0 });
    } else {
      const frame = stage.parentNode.getBoundingClientRect();
      zoom.scale = Math.min(Math.max((frame.width * 0.97) / image.getBoundingClientRect().width, 1), 8);
      zoom.y = (frame.height * (zoom.scale - 1)) / 2;
      zoom.x = 0;
    }
    apply(state.active);
    tell();
  }

  // --- pen ---------------------------------------------------------------------------------------

  const placeKey = (at) => keyOf(at) || `slide ${at.slide}`;
  function canvas(number) {
    const host = stages[number].querySelector(".page-sheet") || stages[number].querySelector(".card");
    if (!host) return;
    const area = make("canvas", "ink");
    host.append(area);
    area.width = Math.max(host.offsetWidth * 2, 2);
    area.height = Math.max(host.offsetHeight * 2, 2);
    ink(number);
  }
  function ink(number) {
    const at = state.at[number];
    const areas = stages[number] ? Array.from(stages[number].querySelectorAll(".ink")) : [];
    // what is drawn on a page is drawn on its part that is enlarged
    if (callout && callout.number === number) areas.push(...Array.from(find("callout").querySelectorAll(".ink")));
    areas.forEach((area) => paint(area, at));
  }
  function paint(area, at) {
    const brush = area.getContext("2d");
    brush.clearRect(0, 0, area.width, area.height);
    brush.lineCap = brush.lineJoin = "round";
    brush.strokeStyle = "#d0021b";
    brush.lineWidth = Math.max(area.width, area.height) / 260;
    (strokes[placeKey(at)] || []).forEach((stroke) => {
      brush.beginPath();
      stroke.forEach((point, place) => brush[place ? "lineTo" : "moveTo"](point[0] * area.width, point[1] * area.height));
      brush.stroke();
    });
  }
  function erase() {
    delete strokes[placeKey(state.at[state.active])];
    ink(state.active);
  }

  // --- a part of the page, enlarged above it ------------------------------------------------------

  const ROOM = 14; // pixels between the box, what it shows and the edge of the screen
  const LEAST = 1.35; // times larger; where there is no such room beside the part, the box may stand on it
  let callout = null; // {number, key, area, large}: of which pane and page

  function openCallout() {
    const number = state.active;
    const key = keyOf(state.at[number]);
    if (!key) return say("Chỉ trích được từ trang bút lục.");
    state.pen = state.spot = false;
    callout = { number, key, area: [0.08, 0.42, 0.84, 0.1], large: false };
    return refresh();
  }
  function closeCallout() {
    callout = null;
    refresh();
  }
  // the frame is drawn on another part, or in the other pane
  function reframe(number, area, large) {
    callout = { number, key: keyOf(state.at[number]), area, large };
    if (large) enlarge();
    else recall();
  }
  function enlarge() {
    callout.large = true;
    // the whole page, so that everybody sees where the part stands
    Object.assign(zooms[callout.number], { scale: 1, x: 0, y: 0 });
    apply(callout.number);
    tell();
  }
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  // keys while there is a frame: arrows move it, with Shift its lower right corner
  function framing(name, sizes) {
    if (!callout) return false;
    if (name === "Escape") closeCallout();
    else if (name === "Enter" && callout.large) reframe(callout.number, callout.area, false);
    else if (name === "Enter") enlarge();
    else if (Object.prototype.hasOwnProperty.call(MOVES, name)) {
      const area = callout.area.slice();
      [0, 1].forEach((side) => {
        const by = MOVES[name][side] * 0.02;
        if (sizes) area[side + 2] = Math.min(Math.max(area[side + 2] + by, 0.03), 1 - area[side]);
        else area[side] = Math.min(Math.max(area[side] + by, 0), 1 - area[side + 2]);
      });
      reframe(callout.number, area, callout.large);
    } else return false;
    tell();
    return true;
  }

  // draw frame and box anew: the page under them may have changed, or gone
  function recall() {
    const box = find("callout");
    box.textContent = "";
    box.hidden = true;
    const stage = callout && (callout.number === 0 || state.split) ? stages[callout.number] : null;
    if (!stage || keyOf(state.at[callout.number]) !== callout.key) callout = null;
    panes.forEach((pane, number) => View.frame(pane, callout && callout.number === number ? callout : null));
    document.body.classList.toggle("framing", Boolean(callout) && !state.pen);
    if (!callout || !callout.large) return;
    const page = pages[callout.key];
    const from = stage.querySelector(".callout-from").getBoundingClientRect();
    const view = stage.parentNode.getBoundingClientRect();
    const bounds = panes[0].parentNode.getBoundingClientRect();
    // between the lines that name slide and folio, over both panes where there are two
    const whole = { left: bounds.left, right: bounds.right, top: view.top, bottom: view.bottom };
    const words = make("p", "callout-words", View.placed(page));
    const part = make("div", "callout-part");
    box.append(part, words);
    box.hidden = false;
    const edge = box.offsetHeight - part.offsetHeight + 2 * ROOM;
    // no further than the picture has something to show
    const most = (2.5 * page.width * callout.area[2]) / from.width;
    const scaleIn = (room) =>
      Math.min((room.right - room.left - 2 * ROOM - 8) / from.width, (room.bottom - room.top - edge) / from.height, most);
    const rooms = [
      Object.assign({}, whole, { top: from.bottom }),
      Object.assign({}, whole, { bottom: from.top }),
      Object.assign({}, whole, { left: from.right }),
      Object.assign({}, whole, { right: from.left }),
    ].sort((one, other) => scaleIn(other) - scaleIn(one));
    const room = scaleIn(rooms[0]) >= Math.min(LEAST, scaleIn(whole) * 0.95) ? rooms[0] : whole;
    const scale = scaleIn(room);
    part.style.width = `${from.width * scale}px`;
    part.style.height = `${from.height * scale}px`;
    words.style.maxWidth = `${Math.max(from.width * scale, Math.min(room.right - room.left - 2 * ROOM - 8, 460))}px`;
    const sheet = View.sheetOf(page, { marks: state.marks, markers: View.markersOf(state.at[callout.number]) });
    View.resize(sheet, (from.width * scale) / (callout.area[2] * page.width));
    sheet.style.left = `${(-callout.area[0] / callout.area[2]) * 100}%`;
    sheet.style.top = `${(-callout.area[1] / callout.area[3]) * 100}%`;
    const area = make("canvas", "ink");
    sheet.append(area);
    part.append(sheet);
    area.width = Math.max(sheet.offsetWidth, 2);
    area.height = Math.max(sheet.offsetHeight, 2);
    paint(area, state.at[callout.number]);
    const between = (wanted, least, greatest) => Math.max(Math.min(wanted, greatest), least);
    const left = (from.left + from.right - box.offsetWidth) / 2;
    const top = (from.top + from.bottom - box.offsetHeight) / 2;
    box.style.left = `${between(left, room.left + ROOM, room.right - ROOM - box.offsetWidth)}px`;
    box.style.top = `${between(top, room.top + ROOM, room.bottom - ROOM - box.offsetHeight)}px`;
  }

  // --- mouse -------------------------------------------------------------------------------------

  let held = null;
  function paneOf(target) {
    const number = panes.findIndex((pane) => pane.contains(target));
    return number < 0 ? null : number;
  }
  // browsers without pointer events tell of the mouse alone
  const pointer = window.PointerEvent ? "pointer" : "mouse";
  document.addEventListener(`${pointer}down`, (event) => {
    if (event.button !== 0 || event.target.closest(".bar, .sheet, button, video, .d-link")) return;
    const number = callout && find("callout").contains(event.target) ? callout.number : paneOf(event.target);
    if (number === null || !stages[number]) return;
    if (number !== state.active) {
      state.active = number;
      panes.forEach((pane, place) => pane.classList.toggle("active", state.split && place === number));
      tell();
    }
    const enlarged = paneOf(event.target) === null;
    const area = (enlarged ? find("callout") : stages[number]).querySelector(".ink");
    const sheet = stages[number].querySelector(".page-sheet");
    if (callout && !state.pen) {
      // a click on the box leads back to the frame, a frame drawn on the page to another part
      if (enlarged) framing("Enter");
      else if (sheet && keyOf(state.at[number])) held = { sheet, number, from: event, before: callout };
    } else if (state.pen && area) {
      const stroke = [];
      const key = placeKey(state.at[number]);
      (strokes[key] = strokes[key] || []).push(stroke);
      held = { stroke, area, number };
      draw(event);
    } else {
      held = { x: event.clientX, y: event.clientY, moved: 0 };
    }
  });
  function draw(event) {
    const frame = held.area.getBoundingClientRect();
    held.stroke.push([(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height]);
    ink(held.number);
  }
  document.addEventListener(`${pointer}move`, (event) => {
    document.documentElement.style.setProperty("--spot-x", `${event.clientX}px`);
    document.documentElement.style.setProperty("--spot-y", `${event.clientY}px`);
    document.querySelectorAll(".spotlight").forEach((light) => {
      const frame = light.getBoundingClientRect();
      light.style.setProperty("--x", `${event.clientX - frame.left}px`);
      light.style.setProperty("--y", `${event.clientY - frame.top}px`);
    });
    wake();
    if (!held) return;
    if (held.stroke) return void draw(event);
    if (held.sheet) {
      const area = View.areaOf(held.sheet, held.from, event);
      if (View.isArea(area)) reframe(held.number, area, false);
      return;
    }
    const x = event.clientX - held.x;
    const y = event.clientY - held.y;
    held.moved += Math.abs(x) + Math.abs(y);
    held.x = event.clientX;
    held.y = event.clientY;
    if (zooms[state.active].scale > 1) moveBy(x, y);
  });
  document.addEventListener(`${pointer}up`, () => {
    const drawn = held && held.sheet && callout && callout !== held.before;
    held = null;
    if (drawn) enlarge();
  });
  document.addEventListener("wheel", (event) => {
    if (event.target.closest(".sheet")) return;
    const number = paneOf(event.target);
    if (number === null) return;
    state.active = state.split ? number : 0;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, { x: event.clientX, y: event.clientY });
  }, { passive: false });
  document.addEventListener("dblclick", (event) => {
    if (state.pen || callout || event.target.closest(".bar, .sheet, button, video, .d-link")) return;
    if (zooms[state.active].scale > 1) run("fit");
    else zoomBy(2.4, { x: event.clientX, y: event.clientY });
  });
  document.addEventListener("click", (event) => {
    const photo = event.target.closest("[data-photo]");
    if (photo && !photo.closest("#paper")) {
      const number = paneOf(photo);
      const at = number === null ? null : state.at[number];
      if (at && at.slide) toSlide(at.slide, Number(photo.dataset.photo));
      return;
    }
    const link = event.target.closest("[data-folio]");
    if (link && !link.closest("#paper")) toFolio(link.dataset.folio || link.getAttribute("data-folio"));
  });
  window.addEventListener("resize", () => begun && refresh());

  // --- what can be done --------------------------------------------------------------------------

  let presenter = null;
  const acts = {
    next: () => go(nextOf(state.at[state.active], 1)),
    back: () => go(nextOf(state.at[state.active], -1)),
    first: () => go(steps.find(comes)),
    last: () => go(steps.slice().reverse().find(comes)),
    returned: () => {
      let at = history.pop();
      while (at && isHeldAt(at)) at = history.pop();
      go(at, { back: true });
    },
    larger: () => zoomBy(1.25),
    smaller: () => zoomBy(1 / 1.25),
    whole: () => fitWidth(),
    fit: () => {
      Object.assign(zooms[state.active], { scale: 1, x: 0, y: 0 });
      apply(state.active);
      tell();
    },
    up: () => moveBy(0, 120),
    down: () => moveBy(0, -120),
    spot: () => {
      state.spot = !state.spot;
      refresh();
    },
    pen: () => {
      state.pen = !state.pen;
      refresh();
    },
    erase,
    callout: () => (callout ? closeCallout() : openCallout()),
    marks: () => {
      state.marks = !state.marks;
      refresh();
    },
    black: () => {
      state.black = !state.black;
      find("black").hidden = !state.black;
      // what is not seen is not heard
      if (state.black) [0, 1].forEach((number) => videoOf(number) && videoOf(number).pause());
      tell();
    },
    play,
    split: () => {
      state.split = !state.split;
      if (state.split && !state.at[1]) state.at[1] = state.at[0];
      if (!state.split) state.active = 0;
      zooms.forEach((zoom) => Object.assign(zoom, { scale: 1, x: 0, y: 0 }));
      refresh();
    },
    other: () => {
      if (!state.split) return;
      state.active = 1 - state.active;
      callout = null;
      refresh();
    },
    full: () => {
      // older browsers know it by other names
      const root = document.documentElement;
      const whole = document.fullscreenElement || document.webkitFullscreenElement || document.mozFullScreenElement;
      const leave = document.exitFullscreen || document.webkitExitFullscreen || document.mozCancelFullScreen;
      const enter = root.requestFullscreen || root.webkitRequestFullscreen || root.mozRequestFullScreen;
      if (whole && leave) leave.call(document);
      else if (!whole && enter) enter.call(root);
    },
    presenter: () => {
      presenter = window.open(`presenter.html#${deck.token}`, `vks${deck.token}`, "popup,width=1280,height=720");
      if (!presenter) say("Trình duyệt chặn cửa sổ mới: hãy cho phép trang này mở cửa sổ.");
    },
    list: () => sheet("Các trang", (box) => {
      const list = make("ol", "sheet-list");
      deck.slides.filter((slide) => !isHeld(slide)).forEach((slide) => {
        const row = make("li");
        const button = make("button", "", slide.title || "(không tiêu đề)");
        button.type = "button";
        button.append(make("small", "", slide.citation));
        button.addEventListener("click", () => {
          close();
          toSlide(slide.number);
        });
        row.value = slide.number;
        row.append(button);
        list.append(row);
      });
      box.append(list);
    }),
    help: () => sheet("Phím tắt", (box) => {
      const table = make("table", "keys");
      KEYS.forEach((row) => {
        const line = make("tr");
        line.append(make("th", "", row[0]), make("td", "", row[1]));
        table.append(line);
      });
      box.append(table);
    }),
    print: () => print(),
  };
  const KEYS = [
    ["→ Space PgDn", "Trang sau"],
    ["← PgUp", "Trang trước"],
    ["số rồi Enter", "Đến bút lục có số đó (thêm chữ: 125a)"],
    ["A, số rồi Enter", "Đến ảnh của số đó trên sơ đồ hiện trường"],
    ["Backspace", "Về chỗ vừa rời, như sơ đồ"],
    ["+ − cuộn chuột", "Phóng to, thu nhỏ; kéo để di chuyển"],
    ["W", "Rộng bằng màn hình, hoặc cả trang"],
    ["S", "Đèn rọi theo chuột"],
    ["P, E", "Bút vẽ; xóa nét vẽ"],
    ["T", "Trích phóng to: kéo chuột khoanh chỗ cần đọc; hoặc mũi tên dời khung, Shift + mũi tên đổi cỡ, Enter. Chọn chỗ khác: khoanh lại, hoặc Enter. Esc để đóng"],
    ["M", "Hiện, ẩn vùng đánh dấu"],
    ["V, Tab", "Chia đôi màn hình; đổi bên"],
    ["K", "Phát, dừng video"],
    ["B", "Màn hình đen"],
    ["L", "Danh sách trang"],
    ["F", "Toàn màn hình"],
    ["N", "Mở cửa sổ người trình chiếu (ghi chú, trang sau, đồng hồ)"],
    ["I", "In các trang được chiếu"],
  ];
  const BY_KEY = {
    ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "back", PageUp: "back", Home: "first", End: "last",
    ArrowUp: "up", ArrowDown: "down", Backspace: "returned", k: "play", "+": "larger", "=": "larger", "-": "smaller", w: "whole",
    s: "spot", p: "pen", e: "erase", t: "callout", m: "marks", b: "black", ".": "black", v: "split", Tab: "other", f: "full",
    n: "presenter", l: "list", h: "help", "?": "help", i: "print",
  };
  function run(name) {
    if (Object.prototype.hasOwnProperty.call(acts, name)) acts[name]();
  }

  let typed = "";
  function type(text) {
    typed = text;
    const box = find("typed");
    box.hidden = !typed;
    box.textContent = !typed ? "" : typed[0] === "a" ? `Ảnh số ${typed.slice(1)}` : `BL ${typed}`;
    tell();
  }
  // what was typed: `125a` is a folio, `a3` the photo of number 3
  function called(text) {
    if (text[0] === "a") toPhoto(Number(text.slice(1)));
    else toFolio(text);
  }
  function key(event) {
    if (!begun || event.ctrlKey || event.altKey || event.metaKey) return false;
    const name = event.key;
    if (!find("sheet").hidden) {
      if (name === "Escape" || name === "h" || name === "l") close();
      return name === "Escape";
    }
    if (/^\d$/.test(name) && typed.length < 7) return type(typed + name), true;
    if (!typed && name.toLowerCase() === "a") return type("a"), true;
    if (typed) {
      if (/^[a-z]$/i.test(name) && /^\d+$/.test(typed)) return type(typed + name.toLowerCase()), true;
      if (name === "Backspace") return type(typed.slice(0, -1)), true;
      if (name === "Escape") return type(""), true;
      if (name === "Enter") {
        const wanted = typed;
        type("");
        called(wanted);
        return true;
      }
    }
    if (framing(name, event.shiftKey)) return true;
    if (name === "Enter" && document.activeElement && document.activeElement.dataset && document.activeElement.dataset.folio) {
      toFolio(document.activeElement.dataset.folio);
      return true;
    }
    if (name === "Escape") {
      if (state.spot) run("spot");
      if (state.pen) run("pen");
      return true;
    }
    const act = BY_KEY[name.length === 1 ? name.toLowerCase() : name];
    if (!act) return false;
    run(act);
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (key(event)) event.preventDefault();
  });

  // --- lists over the screen ---------------------------------------------------------------------

  function sheet(title, fill) {
    const box = find("sheet");
    box.textContent = "";
    const inner = make("div", "sheet-inner");
    const shut = make("button", "sheet-close", "Đóng (Esc)");
    shut.type = "button";
    shut.addEventListener("click", close);
    inner.append(make("h2", "", title), shut);
    fill(inner);
    box.append(inner);
    box.hidden = false;
    shut.focus();
  }
  function close() {
    find("sheet").hidden = true;
  }

  // --- a few buttons for whoever has no keyboard at hand; gone while nothing moves ----------------

  const BUTTONS = [
    ["back", "‹", "Trang trước (←)"],
    ["next", "›", "Trang sau (→)"],
    ["larger", "+", "Phóng to (+)"],
    ["smaller", "−", "Thu nhỏ (−)"],
    ["spot", "Rọi", "Đèn rọi (S)"],
    ["pen", "Bút", "Bút vẽ (P)"],
    ["callout", "Trích", "Trích phóng to (T)"],
    ["split", "Đôi", "Chia đôi màn hình (V)"],
    ["black", "Đen", "Màn hình đen (B)"],
    ["list", "Trang", "Danh sách trang (L)"],
    ["full", "Toàn màn hình", "Toàn màn hình (F)"],
    ["presenter", "Người trình chiếu", "Mở cửa sổ người trình chiếu (N)"],
    ["help", "Phím tắt", "Phím tắt (H)"],
  ];
  BUTTONS.forEach((each) => {
    const button = make("button", "", each[1]);
    button.type = "button";
    button.title = each[2];
    button.tabIndex = -1;
    button.addEventListener("click", () => {
      run(each[0]);
      button.blur();
    });
    find("bar").append(button);
  });
  let sleeping = 0;
  function wake() {
    document.body.classList.add("awake");
    clearTimeout(sleeping);
    sleeping = setTimeout(() => document.body.classList.remove("awake"), 2500);
  }

  // --- printing ----------------------------------------------------------------------------------

  function print() {
    const paper = find("paper");
    paper.textContent = "";
    document.body.classList.add("printing");
    steps.filter((step) => !isHeld(slides[step.slide])).forEach((step) => {
      const leaf = make("section", "leaf");
      paper.append(leaf);
      View.show(leaf, step, { marks: state.marks, paper: true });
    });
    const images = Array.from(paper.querySelectorAll("img"));
    Promise.all(images.map((image) => (image.complete ? null : new Promise((done) => (image.onload = image.onerror = done))))).then(() => {
      window.print();
      document.body.classList.remove("printing");
      paper.textContent = "";
    });
  }

  // --- the presenter's window --------------------------------------------------------------------

  function record() {
    const seen = [];
    state.at.forEach((at, number) => {
      if (!at || state.black || (number === 1 && !state.split)) return;
      const page = keyOf(at);
      const by = at.slide ? slides[at.slide] : deck.slides.find((slide) => slide.pages.indexOf(page) >= 0 && state.releasedAt[slide.number]);
      const place = { slide: at.slide || null, page, released_at: (by && state.releasedAt[by.number]) || null };
      if (!seen.some((each) => each.slide === place.slide && each.page === place.page)) seen.push(place);
    });
    ShownLog.note(seen);
  }
  function tell() {
    if (begun) record();
    if (!presenter || presenter.closed) return;
    presenter.postMessage(
      {
        vks: deck.token,
        at: state.at,
        active: state.active,
        split: state.split,
        black: state.black,
        spot: state.spot,
        pen: state.pen,
        callout: callout && { number: callout.number, area: callout.area, large: callout.large },
        marks: state.marks,
        released: state.released,
        zoom: zooms[state.active].scale,
        next: nextOf(state.at[state.active], 1),
        typed,
        days: ShownLog.days(),
        said: find("said").hidden ? "" : find("said").textContent,
      },
      "*",
    );
  }
  function asked(message) {
    if (message.act === "release") {
      state.released[message.slide] = true;
      state.releasedAt[message.slide] = new Date().toISOString();
      toSlide(message.slide);
    } else if (message.act === "withhold") {
      delete state.released[message.slide];
      delete state.releasedAt[message.slide];
      state.at = state.at.map((at) => (at && isHeldAt(at) ? nextOf(at, -1) || nextOf(at, 1) : at));
      if (!state.at[0]) state.black = true;
      refresh();
    } else if (message.act === "slide") toSlide(message.slide, message.page);
    else if (message.act === "folio") called(String(message.folio));
    else if (message.act === "type") type(String(message.text));
    else if (message.act === "frame") framing(String(message.key), Boolean(message.sizes));
    else if (message.act === "area") {
      // drawn on the page in the presenter's window, which may be behind
      const key = keyOf(state.at[state.active]);
      if (callout && key && key === message.key) reframe(state.active, message.area.map(Number), true);
    }
    else if (message.act === "hello") tell();
    else if (message.act === "log") presenter.postMessage({ vks: deck.token, log: ShownLog.saved(String(message.day)) }, "*");
    else if (message.act === "log-clear") {
      ShownLog.clear(String(message.day));
      tell();
    }
    else run(message.act);
  }
  window.addEventListener("message", (event) => {
    const message = event.data;
    if (!message || message.vks !== deck.token || typeof message.act !== "string") return;
    presenter = event.source;
    asked(message);
  });

  // --- past its day: a notice, no lock --------------------------------------------------------------

  function begin() {
    begun = true;
    find("expired").hidden = true;
    // what opens the showing is the first that comes by itself: neither what waits for the panel nor a reserve
    state.at[0] = steps.find(comes) || null;
    refresh();
  }
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((each) => String(each).padStart(2, "0")).join("-");
  if (deck.expires_on && today > deck.expires_on) {
    const day = deck.expires_on.split("-").reverse().join("/");
    find("expired-words").textContent = `Gói đã hết hạn ngày ${day}. Sau phiên tòa, gói phải được hủy và xác nhận trên hệ thống. Vẫn mở?`;
    find("expired").hidden = false;
    find("expired-yes").addEventListener("click", begin);
    find("expired-yes").focus();
  } else {
    begin();
  }
})();
