// Sets light or dark before the page is drawn; the choice stays in this browser.
"use strict";
(() => {
  const chosen = localStorage.getItem("vks-theme");
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
})();
