// Short notices with undo. The server sends the header HX-Trigger: {"toast": {"text": ..., "undo_url": ..., "kind": ...}}.
import htmx from "htmx.org";
import { each } from "./dom.js";

const STAY = 6000;
const STAY_WITH_UNDO = 12000;

/** Show a notice; one with kind "late" (something failed) stays until it is closed. */
export function toast({ text, undo_url: undoUrl, kind }) {
  const box = document.getElementById("toasts");
  const form = document.getElementById("toast-form");
  if (!box || !form || !text) return;
  const item = form.content.firstElementChild.cloneNode(true);
  item.querySelector("[data-toast-text]").textContent = text;
  if (kind) item.dataset.kind = kind;
  const undo = item.querySelector(".toast-undo");
  if (undoUrl) undo.addEventListener("click", () => takeBack(item, undoUrl));
  else undo.remove();
  item.querySelector("[data-toast-close]").addEventListener("click", () => item.remove());
  // A popover lies in the top layer, above open dialogs.
  box.append(item);
  if (box.showPopover && box.isConnected) {
    if (box.matches(":popover-open")) box.hidePopover();
    box.showPopover();
  }
  if (kind !== "late") leave(item, undoUrl ? STAY_WITH_UNDO : STAY);
}

function takeBack(item, url) {
  item.remove();
  htmx.ajax("POST", url, { source: document.body, target: "body", swap: "none" });
}

/** Go after a while, but not under the pointer or the focus. */
function leave(item, after) {
  let timer = setTimeout(() => item.remove(), after);
  const hold = () => clearTimeout(timer);
  const go = () => {
    clearTimeout(timer);
    timer = setTimeout(() => item.remove(), after / 2);
  };
  for (const type of ["mouseenter", "focusin"]) item.addEventListener(type, hold);
  for (const type of ["mouseleave", "focusout"]) item.addEventListener(type, go);
}

// Read the header before the swap: the element that asked may be gone after it.
document.addEventListener("htmx:after:request", (event) => {
  const header = event.detail.ctx.hx?.trigger;
  if (!header?.startsWith("{")) return;
  try {
    const told = JSON.parse(header).toast;
    if (told) toast(typeof told === "string" ? { text: told } : told);
  } catch {
    // Not JSON, so not for us.
  }
});

// Django messages of a whole page wait in the page as data.
each("[data-toast-now]", (element) => {
  toast({ text: element.textContent.trim(), kind: element.dataset.kind, undo_url: element.dataset.undo });
  element.remove();
});
