// Keys. Markup declares them: data-key="r" or data-key="g i" on a link, button or field; data-key-also="n" names a second one.
// Off while typing, and switchable (WCAG 2.1.4).
import { each, isTyping, memory, on, text } from "./dom.js";
import { openDialog } from "./overlays.js";

const WITHIN = 1000;
let held = "";
let heldAt = 0;

function isOff() {
  return memory.get("keys") === "off";
}

function visible(element) {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}

function find(keys) {
  const within = document.querySelector("dialog[open]") ?? document;
  const wanted = CSS.escape(keys);
  return [...within.querySelectorAll(`[data-key="${wanted}"], [data-key-also="${wanted}"]`)].find((element) => visible(element) && !element.disabled);
}

function act(element) {
  if (isTyping(element)) {
    element.focus();
    element.select?.();
  } else {
    element.focus({ preventScroll: true });
    element.click();
    // At once, so that what is typed right after the key is not lost.
    if (element.dataset.focus) document.querySelector(element.dataset.focus)?.focus();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isOff()) return;
  if (isTyping(event.target)) return;
  if (event.key === "?" && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    return showKeys();
  }
  if (event.key.length !== 1) return;
  const recent = event.timeStamp - heldAt < WITHIN ? held : "";
  const both = recent ? `${recent} ${event.key}` : event.key;
  const element = find(both) ?? find(event.key);
  held = event.key;
  heldAt = event.timeStamp;
  if (!element) return;
  event.preventDefault();
  held = "";
  act(element);
});

// Ctrl+Enter sends the form one is typing in; with Shift it presses the form's second way to send.
on("keydown", "form", (form, event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  const button = form.querySelector(event.shiftKey ? "[data-send-also]" : "[data-send]");
  form.requestSubmit(button ?? form.querySelector("[data-send]") ?? undefined);
});

function line(label, keys) {
  const item = document.createElement("li");
  item.append(label);
  const box = document.createElement("span");
  for (const key of keys.split(" ")) {
    const cap = document.createElement("kbd");
    cap.className = "key";
    cap.textContent = key;
    box.append(cap, " ");
  }
  item.append(box);
  return item;
}

function group(title, lines) {
  const section = document.createElement("section");
  const head = document.createElement("h3");
  const list = document.createElement("ul");
  head.textContent = title;
  list.append(...lines);
  section.append(head, list);
  return section;
}

/** The keys that work here and now, read from the page itself. */
function showKeys() {
  const dialog = document.getElementById("keys");
  if (!dialog) return;
  const here = new Map();
  for (const element of document.querySelectorAll("[data-key]")) {
    if (!visible(element) || here.has(element.dataset.key)) continue;
    const label = element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.textContent.replace(/\s+/g, " ").trim();
    here.set(element.dataset.key, { label, go: element.dataset.key.startsWith("g ") });
  }
  const lines = (go) => [...here].filter(([, one]) => one.go === go).map(([keys, one]) => line(one.label, keys));
  const sections = [];
  if (lines(false).length) sections.push(group(text("keys-here"), lines(false)));
  if (document.querySelector("[data-key-list]")) {
    const list = [["key-down", "j"], ["key-up", "k"], ["key-open", "Enter"], ["key-pick", "x"]];
    sections.push(group(text("keys-list"), list.map(([label, key]) => line(text(label), key))));
  }
  if (lines(true).length) sections.push(group(text("keys-go"), lines(true)));
  const always = [["key-command", "Ctrl K"], ["key-send", "Ctrl Enter"], ["key-keys", "?"], ["key-close", "Esc"]];
  sections.push(group(text("keys-always"), always.map(([label, key]) => line(text(label), key))));
  dialog.querySelector("[data-keys-body]").replaceChildren(...sections);
  openDialog(dialog);
}

on("click", "[data-keys]", () => showKeys());
each("[data-keys-switch]", (box) => {
  box.checked = !isOff();
  box.addEventListener("change", () => memory.set("keys", box.checked ? null : "off"));
});
