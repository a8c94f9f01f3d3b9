// What both windows share: how a slide or a page looks, and the order in which they come. ES2017; works from a stick.
"use strict";
window.View = (function () {
  const deck = window.DECK;
  const pages = {};
  deck.pages.forEach((page) => (pages[page.key] = page));
  const slides = {};
  deck.slides.forEach((slide) => (slides[slide.number] = slide));

  // one step is one screen: a slide, or one of the pages of a slide that shows several
  const steps = [];
  deck.slides.forEach((slide) => {
    const count = Math.max(slide.pages.length, 1);
    for (let page = 0; page < count; page += 1) steps.push({ slide: slide.number, page });
  });
  const byFolio = {};
  deck.pages.forEach((page) => {
    const label = page.folio.toLowerCase().split(" ")[0];
    (byFolio[label] = byFolio[label] || []).push(page.key);
  });

  function make(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined && text !== "") made.textContent = text;
    return made;
  }

  function folioLabel(text) {
    return text.trim().toLowerCase().replace(/^bl\s*/, "").replace(/^0+(?=\d)/, "");
  }

  // a reference to a folio in a text leads to its page, when the deck has it
  const FOLIO = /((?:BL|[Bb]út lục)(?:\s+số)?\s*:?\s*)((?:\d{1,6}[a-z]?(?:\s*[-–]\s*\d{1,6}[a-z]?)?(?:\s*[,;]\s*(?=\d))?)+)/g;
  function linked(host, text) {
    let last = 0;
    text.replace(FOLIO, (whole, words, numbers, at) => {
      host.append(text.slice(last, at), words);
      numbers.split(/([,;]\s*)/).forEach((part) => {
        const label = folioLabel(part.split(/[-–]/)[0]);
        if (byFolio[label]) {
          const link = make("button", "folio-link", part);
          link.type = "button";
          link.dataset.folio = label;
          host.append(link);
        } else {
          host.append(part);
        }
      });
      last = at + whole.length;
      return whole;
    });
    host.append(text.slice(last));
  }

  const SVG = "http://www.w3.org/2000/svg";
  function draw(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach((key) => made.setAttribute(key, attributes[key]));
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function diagram(data) {
    const svg = draw("svg", { viewBox: `0 0 ${data.width} ${data.height}`, class: "diagram", role: "img" });
    data.lines.forEach((points) => svg.append(draw("polyline", { points: points.join(" "), class: "d-line" })));
    (data.arrows || []).forEach((corners) => svg.append(draw("polygon", { points: corners.join(" "), class: "d-arrow" })));
    data.headings.forEach((heading) =>
      svg.append(draw("text", { x: heading.x, y: heading.y, class: `d-heading d-${heading.group}` }, heading.text)),
    );
    data.boxes.forEach((box) => {
      const known = box.folio && byFolio[folioLabel(box.folio)];
      const group = draw("g", { class: `d-box d-${box.group}${known ? " d-link" : ""}` });
      if (known) {
        group.setAttribute("data-folio", folioLabel(box.folio));
        group.setAttribute("tabindex", "0");
        group.setAttribute("role", "button");
      }
      group.append(draw("rect", { x: box.x, y: box.y, width: box.width, height: box.height, rx: 8 }));
      box.lines.forEach((line) =>
        group.append(draw("text", { x: box.x + box.width / 2, y: line[1], "font-size": line[2], class: line[3] ? "bold" : "" }, line[0])),
      );
      svg.append(group);
    });
    (data.labels || []).forEach((label) => {
      const group = draw("g", { class: "d-words" });
      group.append(draw("rect", { x: label.x, y: label.y, width: label.width, height: label.height, rx: 4 }));
      label.lines.forEach((line) => group.append(draw("text", { x: label.x + label.width / 2, y: line[1], "font-size": line[2] }, line[0])));
      svg.append(group);
    });
    return svg;
  }

  // a long list in smaller letters, as small as can still be read
  function spread(list, height) {
    let size = Math.max(Math.min(height / 28, 30), 9);
    const least = size * 0.5;
    list.style.fontSize = `${size}px`;
    while (size > least && list.scrollHeight > list.clientHeight) {
      size -= 1;
      list.style.fontSize = `${size}px`;
    }
  }

  function heading(slide) {
    const top = make("header", "s-head");
    top.append(make("h1", "", slide.title));
    if (slide.ground) top.append(make("p", "s-ground", slide.ground));
    return top;
  }

  // text, title and diagram are drawn on a card of 1600 × 900 that is then made as large as there is room
  function card(slide) {
    const box = make("article", `card card-${slide.kind}`);
    if (slide.kind === "tieu_de") {
      box.append(make("p", "t-office", deck.office), make("h1", "", slide.title || deck.title));
      const text = make("div", "t-text");
      slide.text.split("\n").forEach((line) => line.trim() && text.append(make("p", "", line)));
      box.append(text);
      if ((slide.title || deck.title) !== deck.case_name) box.append(make("p", "t-case", deck.case_name));
    } else {
      box.append(heading(slide));
      if (slide.diagram) {
        const frame = make("div", "s-diagram");
        frame.append(diagram(slide.diagram));
        box.append(frame);
        if (slide.text) box.append(make("p", "s-caption", slide.text));
      } else {
        const body = make("div", "s-body");
        slide.text.split("\n").forEach((line) => {
          if (!line.trim()) return;
          const bullet = /^\s*[-–•*]\s+/.test(line);
          const paragraph = make("p", bullet ? "bullet" : "");
          linked(paragraph, line.replace(/^\s*[-–•*]\s+/, ""));
          body.append(paragraph);
        });
        if (slide.video) body.append(make("p", "", `Video: ${slide.video.title}, ${slide.video.span}`));
        box.append(body);
      }
    }
    const foot = make("footer", "s-foot");
    foot.append(make("span", "", slide.citation), make("span", "", String(slide.number)));
    box.append(foot);
    return box;
  }

  function shrink(box) {
    const body = box.querySelector(".s-body");
    if (!body) return;
    let size = 46;
    body.style.fontSize = `${size}px`;
    while (size > 20 && body.scrollHeight > body.clientHeight) {
      size -= 2;
      body.style.fontSize = `${size}px`;
    }
  }

  // as large as there is room in `host`
  function fit(host) {
    const width = host.clientWidth || 1;
    const height = host.clientHeight || 1;
    const box = host.querySelector(".card");
    if (box) box.style.transform = `translate(-50%, -50%) scale(${Math.min(width / 1600, height / 900)})`;
    const sheet = host.querySelector(".page-sheet");
    if (sheet) {
      const list = host.querySelector(".plan-list");
      const room = list ? width * 0.7 : width;
      resize(sheet, Math.min(room / sheet.dataset.width, height / sheet.dataset.height));
      if (list) spread(list, height);
    }
  }
  function resize(sheet, scale) {
    sheet.style.width = `${sheet.dataset.width * scale}px`;
    sheet.style.height = `${sheet.dataset.height * scale}px`;
    // numbers are as large as the plan is
    sheet.style.fontSize = `${Math.max(sheet.dataset.width, sheet.dataset.height) * scale * 0.021}px`;
  }

  // numbers on a scene plan, and what each of them is, beside it
  function pin(mark) {
    const made = make(mark.page === null ? "span" : "button", "pin", String(mark.number));
    made.style.left = `${mark.x * 100}%`;
    made.style.top = `${mark.y * 100}%`;
    made.title = mark.caption;
    if (mark.page !== null) {
      made.type = "button";
      made.dataset.photo = mark.page;
    }
    return made;
  }
  function legend(slide) {
    const list = make("ul", "plan-list");
    slide.markers.forEach((mark) => {
      const row = make("li");
      row.append(make("b", "", String(mark.number)), make("span", "", mark.caption));
      if (mark.page !== null) {
        const link = make("button", "plan-link", `BL ${pages[slide.pages[mark.page]].folio}`);
        link.type = "button";
        link.dataset.photo = mark.page;
        row.append(link);
      }
      list.append(row);
    });
    return list;
  }
  // what the numbers that lead to this page say of it
  function photoWords(slide, page) {
    const found = slide ? slide.markers.filter((mark) => mark.page === page) : [];
    return found.map((mark) => `Số ${mark.number}${mark.caption ? `: ${mark.caption}` : ""}`).join("; ");
  }

  // the page that `at` names; none on a card or a video
  function keyOf(at) {
    return (at && (at.key || (at.slide && slides[at.slide].pages[at.page || 0]))) || "";
  }
  // its numbers stand on the plan itself, not on the photos
  function markersOf(at) {
    return at.slide && !at.key && !(at.page || 0) ? slides[at.slide].markers : [];
  }
  function sheetOf(page, options) {
    const sheet = make("div", "page-sheet");
    const image = new Image();
    image.className = "page-image";
    image.alt = `BL ${page.folio}`;
    image.draggable = false;
    image.decoding = "async";
    sheet.dataset.width = page.width;
    sheet.dataset.height = page.height;
    image.src = page.file;
    sheet.append(image);
    (options.markers || []).forEach((mark) => sheet.append(pin(mark)));
    if (options.marks) {
      page.marks.forEach((areas) =>
        areas.forEach((area) => {
          const mark = make("div", "page-mark");
          ["left", "top", "width", "height"].forEach((side, number) => (mark.style[side] = `${area[number] * 100}%`));
          sheet.append(mark);
        }),
      );
    }
    return sheet;
  }

  // a part of a video: from its first second on, and no further than its last
  function played(slide, options) {
    const data = slide.video;
    const sheet = make("div", "page-sheet video-sheet");
    sheet.dataset.width = data.width;
    sheet.dataset.height = data.height;
    const video = make("video", "page-video");
    video.controls = Boolean(options.plays);
    video.muted = !options.plays;
    video.preload = "metadata";
    video.setAttribute("playsinline", "");
    video.setAttribute("disablepictureinpicture", "");
    // until the film itself is there
    if (data.still) video.poster = data.still;
    video.src = `${data.file}#t=${data.from},${data.to}`;
    video.addEventListener("loadedmetadata", () => {
      if (video.currentTime < data.from) video.currentTime = data.from;
    });
    video.addEventListener("timeupdate", () => {
      if (video.currentTime >= data.to && !video.paused) video.pause();
      if (video.currentTime > data.to + 0.3) video.currentTime = data.to;
      if (video.currentTime < data.from - 0.3) video.currentTime = data.from;
    });
    sheet.append(video);
    return sheet;
  }

  function placed(page) {
    return `BL ${page.folio} · ${page.title}, trang ${page.page}/${page.page_count}${page.redacted ? " · đã che" : ""}`;
  }

  // Draw what `at` names into `host`: {slide, page} or {key}. Returns the element that zoom and pen apply to.
  function show(host, at, options) {
    const wanted = options || {};
    host.textContent = "";
    const slide = at.slide ? slides[at.slide] : null;
    const key = keyOf(at);
    const stage = make("div", "stage");
    if (key) {
      const page = pages[key];
      const top = make("header", "strip strip-top");
      top.append(make("span", "strip-title", slide ? slide.title : page.title));
      if (slide && slide.ground) top.append(make("span", "strip-ground", slide.ground));
      const foot = make("footer", "strip strip-foot");
      foot.append(make("strong", "", placed(page)), make("span", "", `HSVA số ${deck.case_code}`));
      const markers = markersOf(at);
      stage.append(sheetOf(page, Object.assign({}, wanted, { markers })));
      if (markers.length) {
        stage.classList.add("with-list");
        stage.append(legend(slide));
      }
      const view = make("div", "view");
      view.append(stage);
      host.append(top, view, foot);
      fit(view);
      const words = at.key ? "" : photoWords(slide, at.page || 0);
      if (words) top.append(make("span", "strip-text", words));
      else if (slide && slide.text && slide.kind !== "hinh_anh") top.append(make("span", "strip-text", slide.text.split("\n")[0]));
    } else if (slide && slide.video && !wanted.paper) {
      const top = make("header", "strip strip-top");
      top.append(make("span", "strip-title", slide.title), make("span", "strip-ground", slide.ground));
      const foot = make("footer", "strip strip-foot");
      foot.append(make("strong", "", `Video ${slide.video.span} · ${slide.citation}`), make("span", "", slide.video.title));
      stage.append(played(slide, wanted));
      const view = make("div", "view");
      view.append(stage);
      host.append(top, view, foot);
      fit(view);
    } else if (slide) {
      const box = card(slide);
      stage.append(box);
      const view = make("div", "view");
      view.append(stage);
      host.append(view);
      shrink(box);
      fit(view);
    }
    return stage;
  }

  // The frame of a callout on the page it is taken from: {area, large}; without one it goes. `area` is left, top, width and
  // height, each a part of the page's.
  function frame(host, callout) {
    const sheet = host && host.querySelector(".page-sheet");
    if (!sheet) return;
    const found = sheet.querySelector(".callout-from");
    if (!callout) {
      if (found) found.remove();
      return;
    }
    const box = found || make("div", "callout-from");
    if (!found) sheet.append(box);
    box.classList.toggle("large", callout.large);
    ["left", "top", "width", "height"].forEach((side, number) => (box.style[side] = `${callout.area[number] * 100}%`));
  }
  // the area between two points of a sheet, as far as it lies on the sheet
  function areaOf(sheet, from, to) {
    const bounds = sheet.getBoundingClientRect();
    const part = (value) => Math.min(Math.max(value, 0), 1);
    const x = [from.clientX, to.clientX].map((each) => part((each - bounds.left) / bounds.width));
    const y = [from.clientY, to.clientY].map((each) => part((each - bounds.top) / bounds.height));
    return [Math.min(x[0], x[1]), Math.min(y[0], y[1]), Math.abs(x[0] - x[1]), Math.abs(y[0] - y[1])];
  }
  // a click is no frame
  const isArea = (area) => area[2] > 0.015 && area[3] > 0.005;

  return { deck, pages, slides, steps, byFolio, folioLabel, make, show, fit, placed, keyOf, markersOf, sheetOf, resize, frame, areaOf, isArea };
})();
