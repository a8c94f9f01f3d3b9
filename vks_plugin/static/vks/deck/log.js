// What was on the court's screen, and when: kept in this browser, a day at a time, and saved as a file for the system.
// A browser that keeps nothing for pages opened as files keeps it as long as the window is open.
"use strict";
window.ShownLog = (function () {
  const { deck } = View;
  const prefix = `vks-shown-${deck.package || deck.token}-`;
  const begun = `vks-begun-${deck.package || deck.token}-`;
  const byDay = {};
  let open = [];

  const two = (number) => String(number).padStart(2, "0");
  const dayOf = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

  function store() {
    try {
      return window.localStorage;
    } catch (error) {
      return null;
    }
  }
  function kept(name) {
    try {
      const entries = JSON.parse(store().getItem(name));
      return Array.isArray(entries) ? entries : [];
    } catch (error) {
      return [];
    }
  }
  function load() {
    const names = store();
    for (let place = 0; names && place < names.length; place += 1) {
      const name = names.key(place);
      if (name.startsWith(prefix)) byDay[name.slice(prefix.length)] = kept(name);
    }
  }
  const same = (one, other) => one.slide === other.slide && one.page === other.page && one.shown_at === other.shown_at;

  function since(day) {
    try {
      return store().getItem(begun + day) || "";
    } catch (error) {
      return "";
    }
  }

  // a second window on the court's screen keeps its own: what is kept is what either of them saw since the day was begun anew
  function merge(day) {
    const from = since(day);
    const here = (byDay[day] || []).filter((entry) => entry.shown_at >= from);
    byDay[day] = here;
    kept(prefix + day).forEach((each) => {
      const known = here.find((entry) => same(entry, each));
      if (!known) here.push(each);
      else if (known.ended_at === null && each.ended_at && !open.some((shown) => shown.entry === known)) known.ended_at = each.ended_at;
    });
    here.sort((one, other) => (one.shown_at < other.shown_at ? -1 : one.shown_at > other.shown_at ? 1 : 0));
  }
  function write(day) {
    try {
      store().setItem(prefix + day, JSON.stringify(byDay[day]));
    } catch (error) {
      return; // full, or refused: it stays in this window
    }
  }
  function keep(day) {
    merge(day);
    write(day);
  }

  const alike = (one, other) => one.slide === other.slide && one.page === other.page && one.released_at === other.released_at;

  // `places`: everything that can be seen on the screen at this moment
  function note(places) {
    const now = new Date();
    const days = {};
    open = open.filter((each) => {
      if (places.some((place) => alike(place, each.entry))) return true;
      // a clock that was put back meanwhile ends nothing before it began
      const ended = now.toISOString();
      each.entry.ended_at = ended > each.entry.shown_at ? ended : each.entry.shown_at;
      days[each.day] = true;
      return false;
    });
    places.forEach((place) => {
      if (open.some((each) => alike(place, each.entry))) return;
      const day = dayOf(now);
      const entry = Object.assign({}, place, { shown_at: now.toISOString(), ended_at: null });
      (byDay[day] = byDay[day] || []).push(entry);
      open.push({ day, entry });
      days[day] = true;
    });
    Object.keys(days).forEach(keep);
  }
  function saved(day) {
    merge(day);
    return {
      format: "vks-shown/1",
      package: deck.package,
      manifest_sha256: window.DECK_MANIFEST || "",
      case: deck.case_code,
      presentation: deck.presentation,
      day,
      saved_at: new Date().toISOString(),
      entries: byDay[day] || [],
    };
  }
  function clear(day) {
    const here = open.filter((each) => each.day === day).map((each) => each.entry);
    open = open.filter((each) => each.day !== day);
    byDay[day] = [];
    write(day);
    try {
      store().setItem(begun + day, new Date().toISOString());
    } catch (error) {
      // this window alone begins anew
    }
    note(here.map((each) => ({ slide: each.slide, page: each.page, released_at: each.released_at })));
  }
  const days = () => Object.keys(byDay).filter((day) => byDay[day].length).sort().reverse().map((day) => [day, byDay[day].length]);

  load();
  window.addEventListener("pagehide", () => note([]));
  return { note, saved, clear, days };
})();
