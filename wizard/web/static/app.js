// Every page works without this file.
"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector, inside = document) => inside.querySelector(selector);
  const byId = (id) => document.getElementById(id);
  const make = (name, fields) => Object.assign(document.createElement(name), fields);
  const PARTS = "text/vnd.porthole.parts+json";

  // One status region, one message in 3 s: the newest wins, urgent ones are all said.
  let spoke = -3000, timer = 0, newest = "", urgent = [];
  const say = (text, isUrgent) => {
    if (!text) return;
    if (isUrgent) urgent.push(text);
    else newest = text;
    timer ||= setTimeout(() => {
      byId("status").textContent = [...urgent, newest].filter(Boolean).join(". ");
      urgent = [];
      newest = "";
      timer = 0;
      spoke = performance.now();
    }, Math.max(20, spoke + 3000 - performance.now()));
  };

  // Times in the viewer's own zone.
  const tell = (box) => {
    for (const time of box.querySelectorAll("time")) {
      time.title = new Date(time.dateTime).toLocaleString();
      if ("full" in time.dataset) time.textContent = time.title;
    }
  };

  // Swap parts by id, only what changed. Open details and focus stay.
  const swap = (id, html) => {
    const old = byId(id);
    const box = make("template", { innerHTML: html });
    const fresh = box.content.firstElementChild;
    if (!old || !fresh) return;
    tell(box.content);
    for (const open of old.querySelectorAll("details[id][open]")) {
      const same = box.content.getElementById(open.id);
      if (same) same.open = true;
    }
    if (fresh.isEqualNode(old)) return;
    const focused = old.contains(document.activeElement) && document.activeElement;
    old.replaceWith(fresh);
    if (!focused) return;
    (byId(focused.id) || find("[tabindex='-1']", fresh) || byId("verdict") || byId("main")).focus({ preventScroll: true });
  };
  const show = (message) => {
    for (const id in message.parts) swap(id, message.parts[id]);
    if (message.done) newest = "";
    say(message.say, message.urgent);
    byId(message.focus)?.focus();
    if (message.live) {
      close("");
      open();
    }
  };
  const fetchParts = async (url, options, wanted) => {
    const answer = await fetch(url, { ...options, headers: { Accept: PARTS } });
    if (answer.headers.get("Content-Type")?.startsWith(PARTS)) {
      const message = await answer.json();
      if (!wanted || wanted()) show(message);
    } else if (answer.redirected) location.assign(answer.url);
    else throw answer.status;
  };

  // Live pages. Closed in hidden tabs: six open streams block a browser on plain HTTP.
  let stream, again = 0, wait = 1250;
  const close = (state) => {
    stream?.close();
    stream = undefined;
    clearTimeout(again);
    root.dataset.stream = state;
  };
  const open = () => {
    const place = find("[data-live]");
    if (!place || stream || document.hidden || root.dataset.stream === "done") return;
    stream = new EventSource(place.dataset.live);
    stream.onopen = () => { wait = 1250; root.dataset.stream = "open"; };
    stream.onmessage = (event) => {
      const message = JSON.parse(event.data);
      show(message);
      if (message.done) close("done");
    };
    stream.onerror = () => {
      // The browser retries a cut stream, but not a refused one.
      root.dataset.stream = "lost";
      if (stream.readyState !== EventSource.CLOSED) return;
      close("lost");
      again = setTimeout(open, wait = Math.min(wait * 2, 60000));
    };
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) open();
    else if (root.dataset.stream !== "done") close("");
  });
  addEventListener("pagehide", () => { if (stream) close(""); });

  // A form on its way: a second press does nothing. No button is ever disabled.
  const busy = (form, button, on) => {
    form.toggleAttribute("data-busy", on);
    const label = button && (find("[data-label]", button) || button);
    if (!label) return;
    button.ariaDisabled = on ? "true" : null;
    label.dataset.rest ||= label.textContent;
    label.textContent = on && button.dataset.busyLabel || label.dataset.rest;
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.getAttribute("method") !== "post") return;
    if (form.hasAttribute("data-busy")) return event.preventDefault();
    for (const input of form.querySelectorAll("[data-shown]")) input.type = "password";
    if (!form.hasAttribute("data-inline")) return busy(form, button, true);
    event.preventDefault();
    const body = new FormData(form, button);
    busy(form, button, true);
    try {
      await fetchParts(form.getAttribute("action") || location, { method: "POST", body });
      busy(form, button, false);
    } catch {
      if (button?.name) form.append(make("input", { type: "hidden", name: button.name, value: button.value }));
      HTMLFormElement.prototype.submit.call(form);
    }
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-busy]")) {
      busy(form, 0, false);
      for (const button of form.querySelectorAll("[aria-disabled]")) busy(form, button, false);
    }
    open();
  });

  // The clipboard if allowed, a hidden text box on plain HTTP, at last a selection.
  const copyText = async (text) => {
    if (isSecureContext && navigator.clipboard) {
      try { return await navigator.clipboard.writeText(text), true; } catch { /* refused: the old way */ }
    }
    const focused = document.activeElement;
    const box = make("textarea", { value: text, className: "hidden-text" });
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    focused.focus();
    return done;
  };
  const copy = async (button) => {
    const source = byId(button.dataset.copy);
    const label = find("[data-label]", button);
    const done = await copyText(source.dataset.value ?? source.value ?? source.textContent);
    if (!done) getSelection().selectAllChildren(source);
    const words = done ? "Copied" : "Press Ctrl+C";
    say(words);
    label.dataset.rest ||= label.textContent;
    label.textContent = words;
    clearTimeout(button.timer);
    button.timer = setTimeout(() => { label.textContent = label.dataset.rest; }, 2000);
  };
  const reveal = (button) => {
    const input = byId(button.dataset.show);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    input.toggleAttribute("data-shown", shown);
    find("[data-label]", button).textContent = shown ? "Hide" : "Show";
    say(shown ? "Shown" : "Hidden");
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-show]");
    if (button) return button.dataset.copy ? copy(button) : reveal(button);
    // Help comes into the panel, so the answers stay on the page.
    const link = event.target.closest("[data-help], [data-help-panel] a[href*='/help/']:not([data-full])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const from = link.closest("[data-help-panel]")?.dataset.helpPanel;
    if (!link.dataset.help && !from) return;
    event.preventDefault();
    try {
      await fetchParts(link.dataset.help || from + encodeURIComponent(link.pathname.split("/help/")[1] + link.hash));
      find("#help-panel .prose").focus();
    } catch { location.assign(link.href); }
  });

  // A picture that follows the fields beside it, without secrets.
  let asked = 0;
  document.addEventListener("change", (event) => {
    const place = event.target.closest("[data-preview]");
    if (!place) return;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(event.target.form))
      if (find(`[name="${name}"]:not([type="password"])`, place)) query.append(name, value);
    const number = ++asked;
    fetchParts(`${place.dataset.preview}?${query}`, {}, () => number === asked).catch(() => {});
  });

  root.classList.add("js");
  tell(document);
  find(".error-summary")?.focus();
  open();
})();
