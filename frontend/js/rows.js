// Lists under the keyboard (j, k, Enter, o, x) and selection with a bulk bar, also across pages.
import { each, isTyping, memory, on, text } from "./dom.js";

function rowsOf(list) {
  return [...list.querySelectorAll("[data-key-row]")];
}

function go(list, step) {
  const rows = rowsOf(list);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("current"));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows[at]?.classList.remove("current");
  next.classList.add("current");
  const link = next.querySelector(".row-link, a[href]");
  (link ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || memory.get("keys") === "off") return;
  if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
  const list = document.querySelector("[data-key-list]");
  if (!list) return;
  const current = list.querySelector(".current[data-key-row]");
  const step = { j: 1, k: -1 }[event.key];
  if (step) go(list, step);
  else if (event.key === "o" && current) current.querySelector(".row-link, a[href]")?.click();
  else if (event.key === "x" && current) current.querySelector("[data-select-row]")?.click();
  else return;
  event.preventDefault();
});
// A list that was swapped goes on where one was: at the row that has taken the place of the one that is gone.
let place = -1;
document.addEventListener("htmx:before:swap", () => {
  const list = document.querySelector("[data-key-list]");
  const at = list ? rowsOf(list).findIndex((row) => row.classList.contains("current")) : -1;
  // Another piece may be swapped while the list has no current row yet.
  if (at >= 0) place = at;
});
// When the new list appears, not on htmx's word: it speaks to an element that has gone by then.
each("[data-key-list]", (list) => {
  if (place < 0 || list.querySelector(".current")) return;
  const rows = rowsOf(list);
  const next = rows[Math.min(place, rows.length - 1)];
  place = -1;
  next?.classList.add("current");
  if (document.activeElement === document.body) next?.querySelector(".row-link, a[href]")?.focus({ preventScroll: true });
});
on("focusin", "[data-key-row]", (row) => {
  row.closest("[data-key-list]")?.querySelectorAll(".current").forEach((one) => one.classList.remove("current"));
  row.classList.add("current");
});

// A bulk action by its key, with nothing selected, means the current row: data-key on what lies in [data-bulk].
document.addEventListener(
  "keydown",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || memory.get("keys") === "off") return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const current = document.querySelector("[data-key-list] .current[data-key-row]");
    const area = current?.closest("[data-select]");
    if (!area?.querySelector(`[data-bulk] [data-key="${CSS.escape(event.key)}"]`)) return;
    if (boxes(area).some((box) => box.checked)) return;
    const box = current.querySelector("[data-select-row]");
    if (!box) return;
    box.checked = true;
    stayOnPage(area);
    refresh(area);
  },
  true,
);

function boxes(area) {
  return [...area.querySelectorAll("[data-select-row]")];
}

function refresh(area) {
  const all = boxes(area);
  const chosen = all.filter((box) => box.checked).length;
  const across = area.querySelector("[data-select-across]");
  const isAcross = across?.value === "1";
  const whole = area.querySelector("[data-select-all]");
  if (whole) {
    whole.checked = chosen > 0 && chosen === all.length;
    whole.indeterminate = chosen > 0 && chosen < all.length;
  }
  const bar = area.querySelector("[data-bulk]");
  if (bar) bar.hidden = chosen === 0;
  const count = area.querySelector("[data-select-count]");
  const total = Number(area.dataset.selectTotal ?? all.length);
  if (count) count.textContent = text("selected", { count: (isAcross ? total : chosen).toLocaleString(document.documentElement.lang) });
  const offer = area.querySelector("[data-select-offer]");
  if (offer) offer.hidden = isAcross || chosen < all.length || total <= all.length;
}

function stayOnPage(area) {
  const across = area.querySelector("[data-select-across]");
  if (across) across.value = "";
}

let last = null;
on("click", "[data-select-row]", (box, event) => {
  const area = box.closest("[data-select]");
  if (!area) return;
  const all = boxes(area);
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(Math.max(from, 0), to + 1)) one.checked = box.checked;
  }
  last = box;
  stayOnPage(area);
  refresh(area);
});
on("change", "[data-select-all]", (whole) => {
  const area = whole.closest("[data-select]");
  for (const box of boxes(area)) box.checked = whole.checked;
  stayOnPage(area);
  refresh(area);
});
on("click", "[data-select-offer]", (button) => {
  const area = button.closest("[data-select]");
  area.querySelector("[data-select-across]").value = "1";
  refresh(area);
});
on("click", "[data-select-none]", (button) => {
  const area = button.closest("[data-select]");
  for (const box of boxes(area)) box.checked = false;
  stayOnPage(area);
  refresh(area);
});
each("[data-select]", refresh);
document.addEventListener("htmx:after:swap", () => document.querySelectorAll("[data-select]").forEach(refresh));
// On a phone the boxes show when one asks for them.
on("click", "[data-picking]", () => document.querySelectorAll("[data-select]").forEach((area) => area.toggleAttribute("data-picks")));
