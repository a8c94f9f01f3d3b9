// What was on the court's screen, and when: kept in this browser, a day at a time, and saved as a file for the system.
// A browser that keeps nothing for pages opened as files keeps it as long as the window is open.
"use strict";
window.ShownLog = (function () {
  const { deck } = View;
  const prefix = `vks-shown-${deck.package || deck.token}-`;
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
  function load() {
    const kept = store();
    for (let place = 0; kept && place < kept.length; place += 1) {
      const name = kept.key(place);
      if (!name.startsWith(prefix)) continue;
      try {
        const entries = JSON.parse(kept.getItem(name));
        if (Array.isArray(entries)) byDay[name.slice(prefix.length)] = entries;
      } catch (error) {
        continue;
      }
    }
  }
  function keep(day) {
    try {
      store().setItem(prefix + day, JSON.stringify(byDay[day]));
    } catch (error) {
      return; // full, or refused: it stays in this window
    }
  }

  const alike = (one, other) => one.slide === other.slide && one.page === other.page && one.released_at === other.released_at;

  // `places`: everything that can be seen on the screen at this moment
  function note(places) {
    const now = new Date();
    const days = {};
    open = open.filter((each) => {
      if (places.some((place) => alike(place, each.entry))) return true;
      each.entry.ended_at = now.toISOString();
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
    note(here.map((each) => ({ slide: each.slide, page: each.page, released_at: each.released_at })));
    keep(day);
  }
  const days = () => Object.keys(byDay).filter((day) => byDay[day].length).sort().reverse().map((day) => [day, byDay[day].length]);

  load();
  window.addEventListener("pagehide", () => note([]));
  return { note, saved, clear, days };
})();
