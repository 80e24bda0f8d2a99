// Live pages. <body data-live-url="/events?topics=...&token=..."> opens one stream; elements say what they care for:
//   data-live="inbox"       refresh at once: give the element hx-get and hx-trigger="live"
//   data-live-calm="inbox"  announce "3 newer" in its [data-live-pill] and refresh only when that is pressed
// A value matches the event's kind ("ticket") or its exact topic ("ticket:17").
//   data-live-pause="3000"  gather news for longer than a blink before asking
//   data-once               beside an id: an element that two answers both bring is kept once
//   data-live-still         wait while the focus is inside: nothing is swapped under one's fingers
// An answer may say itself what it changed, so that the page need not wait for the stream: HX-Trigger {"told": ["ticket:17"]}.
import htmx from "htmx.org";
import { each, on, text } from "./dom.js";

const FIRST = 1000;
const LONGEST = 60000;
const GATHER = 150;
// Other topics come as plain messages and are told by their "topic".
const KINDS = ["inbox", "ticket", "floor", "notice"];

let source = null;
let delay = FIRST;
let timer = 0;
const pending = new Map();

function heard(kind, raw) {
  let data = {};
  try {
    data = JSON.parse(raw || "{}");
  } catch {
    // A heartbeat or plain text: the kind alone is news enough.
  }
  const ours = data.actor !== undefined && String(data.actor) === document.body.dataset.user;
  const words = new Set([kind, data.topic, data.topic?.split(":")[0]].filter(Boolean));
  refresh(words);
  if (ours) return;
  for (const list of document.querySelectorAll("[data-live-calm]")) {
    if (list.dataset.liveCalm.split(" ").some((word) => words.has(word))) announce(list);
  }
}

function refresh(words, pause) {
  for (const element of document.querySelectorAll("[data-live]")) {
    if (element.dataset.live.split(" ").some((word) => words.has(word))) soon(element, pause);
  }
}

/** Many events in a burst make one refresh. */
function soon(element, pause = Number(element.dataset.livePause ?? GATHER)) {
  if (pending.has(element)) return;
  pending.set(
    element,
    setTimeout(() => {
      pending.delete(element);
      if (element.isConnected) trigger(element);
    }, pause),
  );
}

function trigger(element) {
  if (!element.hasAttribute("data-live-still") || !element.contains(document.activeElement)) return htmx.trigger(element, "live");
  const later = () => setTimeout(() => element.isConnected && trigger(element));
  element.addEventListener("focusout", later, { once: true });
}

document.addEventListener("htmx:after:request", (event) => {
  const header = event.detail.ctx.hx?.trigger;
  if (!header?.includes('"told"')) return;
  try {
    refresh(new Set(JSON.parse(header).told), 0);
  } catch {
    // Not for us.
  }
});

function announce(list) {
  const count = Number(list.dataset.liveCount ?? 0) + 1;
  list.dataset.liveCount = String(count);
  const pill = list.querySelector("[data-live-pill]");
  if (!pill) return;
  pill.textContent = text("newer", { count });
  pill.closest(".newer").hidden = false;
}

on("click", "[data-live-pill]", (pill) => {
  const list = pill.closest("[data-live-calm]");
  list.dataset.liveCount = "0";
  pill.closest(".newer").hidden = true;
  htmx.trigger(list.querySelector("[data-live-target]") ?? list, "live");
});

// <li id="m17" data-once>: what two answers both bring is shown once.
each("[data-once]", (element) => {
  if (document.getElementById(element.id) !== element) element.remove();
});

function connect() {
  const url = document.body.dataset.liveUrl;
  if (!url || source) return;
  source = new EventSource(url);
  source.onopen = () => {
    delay = FIRST;
  };
  source.onmessage = (event) => heard("message", event.data);
  for (const kind of KINDS) source.addEventListener(kind, (event) => heard(kind, event.data));
  source.onerror = () => {
    // The browser retries a broken stream by itself; a refused one it gives up.
    if (source?.readyState !== EventSource.CLOSED) return;
    source = null;
    clearTimeout(timer);
    timer = setTimeout(connect, delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, LONGEST);
  };
}

connect();
document.addEventListener("visibilitychange", () => !document.hidden && connect());
// A page kept for the back button must not keep its stream open.
addEventListener("pagehide", () => {
  source?.close();
  source = null;
});
addEventListener("pageshow", connect);
