// The page that a phone opens. Without it the page still says whether the domain was reached, and which address arrived.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const form = document.forms[0];
  if (form) {
    const kind = navigator.connection?.type ?? "";
    form.elements.script.value = "1";
    form.elements.network.value = kind;
    byId("on-wifi").hidden = kind !== "wifi";
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
    return;
  }
  const { visit: base, hold } = document.querySelector("main").dataset;
  if (!base) return;

  const HOLD = Number(hold), BEAT = 2, SILENT = 9, DOWN_BYTES = 20e6, DOWN_SECONDS = 8, UP_BYTES = 15e5, UP_SECONDS = 10;
  // A phone cuts the connections of a page in the background: that says nothing about the way.
  let left = document.hidden;
  document.addEventListener("visibilitychange", () => { left ||= document.hidden; });
  navigator.wakeLock?.request("screen").catch(() => {});
  const now = () => performance.now() / 1000;
  const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const mbit = (bytes, seconds) => {
    const rate = bytes * 8 / 1e6 / Math.max(seconds, .001);
    return `${rate.toFixed(rate < 10 ? 1 : 0)} Mbit/s`;
  };
  const row = (name, state, text) => {
    byId(`row-${name}`).className = `row is-${state}`;
    byId(`row-${name}`).querySelector(".text").textContent = text;
  };
  const far = (share) => { byId("progress").value = Math.max(byId("progress").value, share); };
  const say = (text) => { byId("status").textContent = text; };
  const tell = (news) => fetch(`${base}/told`, { method: "POST", body: JSON.stringify(news), keepalive: true }).catch(() => {});

  // Another phone may be measuring: wait for the turn, not for ever.
  const inTurn = async (ask) => {
    for (let tries = 0; tries < 8; tries++) {
      const answer = await ask();
      if (answer.status !== 503) return answer;
      await sleep(2);
    }
    throw new Error("busy");
  };
  const down = async () => {
    const stop = new AbortController();
    const answer = await inTurn(() => fetch(`${base}/down`, { signal: stop.signal, cache: "no-store" }));
    if (!answer.ok) throw new Error(answer.status);
    const reader = answer.body.getReader();
    let bytes = 0, began = 0, first = 0, last = 0;
    const late = setTimeout(() => stop.abort(), DOWN_SECONDS * 1000);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        last = now();
        if (!began) { began = last; first = value.length; }
        bytes += value.length;
        row("speed", "now", `${mbit(bytes - first, last - began)} so far`);
        far(5 + 30 * Math.max(bytes / DOWN_BYTES, (last - began) / DOWN_SECONDS));
      }
    } catch (fault) {
      if (!stop.signal.aborted) throw fault;
    } finally {
      clearTimeout(late);
    }
    return [Math.max(1, bytes - first), Math.max(.001, last - began)];
  };
  const up = async () => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), UP_SECONDS * 1000);
    const block = crypto.getRandomValues(new Uint8Array(50000));
    const body = new Blob(Array(UP_BYTES / block.length).fill(block));
    try {
      await inTurn(() => fetch(`${base}/up`, { method: "POST", body, signal: stop.signal }));
    } finally {
      clearTimeout(late);
    }
  };
  const live = () => new Promise((done) => {
    const socket = new WebSocket(`${location.protocol === "http:" ? "ws" : "wss"}://${location.host}${base}/ws`);
    const asked = now();
    let opened = 0, heard = 0, sent = 0;
    const end = (word) => {
      if (left && word !== "held") word = "left";
      clearInterval(clock);
      socket.onclose = null;
      socket.close();
      done(word);
    };
    const clock = setInterval(() => {
      const at = now();
      if (!opened) return at - asked > 12 && end("refused");
      if (at - heard > SILENT) return end("cut");
      if (at - opened >= sent * BEAT) {
        sent += 1;
        socket.send(String(sent));
      }
      row("live", "now", `Open for ${Math.floor(at - opened)} of ${HOLD} seconds`);
      far(45 + 55 * (at - opened) / HOLD);
    }, 250);
    socket.onopen = () => { opened = heard = now(); };
    socket.onmessage = () => {
      heard = now();
      if (heard - opened > HOLD) end("held");
    };
    socket.onclose = () => end(opened ? "cut" : "refused");
  });

  (async () => {
    const news = {};
    far(5);
    row("speed", "now", "Starts now");
    try {
      news.down = await down();
      await tell(news);
      row("speed", "now", `${mbit(...news.down)} to this phone. Now the other way`);
    } catch { /* the result will say that it was not measured */ }
    await up().catch(() => {});
    row("speed", news.down ? "good" : "open", news.down ? `${mbit(...news.down)} to this phone` : "Not measured");
    if (news.down) say(`Speed: ${mbit(...news.down)}`);
    far(45);
    row("live", "now", "Opens");
    const word = await live();
    far(100);
    await tell({ live: word, over: true });
    location.replace(base);
  })();
})();
