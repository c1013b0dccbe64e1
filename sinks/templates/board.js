// Keeps the page fresh without losing what the reader has opened. The page works without it.
"use strict";
(function () {
  const EVERY_MS = 5000;
  let lastSeen = Date.now();

  function markStale(stale) {
    const banner = document.getElementById("stale");
    if (!banner) return;
    banner.hidden = !stale;
    banner.textContent = stale
      ? "The worker does not answer since " + Math.round((Date.now() - lastSeen) / 1000) + " s. Shown is what it last sent."
      : "";
  }

  function swap(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    for (const id of ["top", "board"]) {
      const now = document.getElementById(id);
      const next = fresh.getElementById(id);
      if (!now || !next || now.innerHTML === next.innerHTML) continue;
      const toggled = new Map();
      now.querySelectorAll("details[id]").forEach((d) => toggled.set(d.id, d.open));
      next.querySelectorAll("details[id]").forEach((d) => {
        if (toggled.has(d.id)) d.open = toggled.get(d.id);
      });
      now.replaceWith(document.adoptNode(next));
    }
  }

  async function refresh() {
    if (document.hidden || String(window.getSelection())) return; // do not pull a selection away
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      swap(await answer.text());
      lastSeen = Date.now();
      markStale(false);
    } catch {
      markStale(true);
    }
  }

  setInterval(refresh, EVERY_MS);
})();
