// A frame of a video as the picture that stands for it: the browser plays the video and draws it, the form carries the picture.
"use strict";
(() => {
  const place = document.querySelector("[data-vks-still]");
  if (!place) return;
  const words = place.dataset;
  const [told, open, take] = ["told", "open", "take"].map((name) => document.getElementById(`vks-still-${name}`));
  const [video, canvas] = [place.querySelector("video"), place.querySelector("canvas")];
  const field = (name) => document.querySelector(`form [name="${name}"]`);
  const [chosen, picture, second, gone] = ["video", "still", "still_at", "still_gone"].map(field);
  if (!chosen || !picture || !second) return;
  // as the server keeps it
  const WIDEST = 1280;
  const QUALITY = 0.85;
  const fill = (sentence, value) => sentence.replace("{0}", String(value).replace(".", ","));
  const read = (name) => Number(field(name).value.trim().replace(",", "."));
  const tell = (sentence) => (told.textContent = sentence);
  let address = "";

  function forget() {
    picture.value = "";
    second.value = "";
    canvas.hidden = true;
  }

  function close() {
    forget();
    if (address) URL.revokeObjectURL(address);
    address = "";
    video.hidden = take.hidden = true;
    open.hidden = false;
    tell("");
  }

  // whole, since only then every moment of it can be gone to
  async function load() {
    if (!chosen.value) return tell(words.vksNone);
    const wanted = chosen.value;
    open.hidden = true;
    tell(words.vksWait);
    try {
      const answer = await fetch(`${words.vksVideos}${encodeURIComponent(wanted)}/`);
      if (!answer.ok) throw new Error(String(answer.status));
      const content = await answer.blob();
      if (chosen.value !== wanted) return undefined;
      address = URL.createObjectURL(content);
      video.src = address;
    } catch (_error) {
      open.hidden = false;
      return tell(words.vksFailed);
    }
    return undefined;
  }
  video.addEventListener("loadeddata", () => {
    if (!address) return;
    tell("");
    video.hidden = take.hidden = false;
    const from = read("plays_from");
    if (from > 0) video.currentTime = from;
  });
  video.addEventListener("error", () => {
    if (!address) return;
    close();
    tell(words.vksFailed);
  });

  function draw() {
    const at = Math.round(video.currentTime * 100) / 100;
    const last = read("plays_to");
    if (at < read("plays_from") - 0.05 || (last > 0 && at > last + 0.05)) return tell(fill(words.vksOutside, at));
    const scale = Math.min(1, WIDEST / Math.max(video.videoWidth, video.videoHeight));
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    picture.value = canvas.toDataURL("image/jpeg", QUALITY);
    second.value = at;
    canvas.hidden = false;
    if (gone) gone.checked = false;
    return tell(fill(words.vksTaken, at));
  }

  open.addEventListener("click", load);
  take.addEventListener("click", draw);
  chosen.addEventListener("change", close);
  open.hidden = false;
  // a form that was refused comes back with the picture that was taken
  if (picture.value) tell(fill(words.vksTaken, second.value));
})();
