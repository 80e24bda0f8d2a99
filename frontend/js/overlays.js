// Dialogs and popovers. Both are the browser's own; here they are opened, placed and closed.
import { on } from "./dom.js";

/** Open a dialog and give the focus back to `from` when it closes. */
export function openDialog(dialog, from = document.activeElement) {
  if (!dialog || dialog.open) return;
  dialog.addEventListener("close", () => from instanceof HTMLElement && from.isConnected && from.focus(), { once: true });
  dialog.showModal();
}

on("click", "[data-dialog]", (button, event) => {
  event.preventDefault();
  openDialog(document.getElementById(button.dataset.dialog), button);
});
on("click", "[data-dialog-close]", (button, event) => {
  event.preventDefault();
  button.closest("dialog")?.close();
});
// A click on the backdrop lands on the dialog itself.
document.addEventListener("pointerdown", (event) => {
  if (!(event.target instanceof HTMLDialogElement) || event.target.hasAttribute("data-dialog-stays")) return;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
});
// A piece answered into a dialog opens it: hx-target="#piece-dialog-body" on a button with data-dialog-after.
document.addEventListener("htmx:after:swap", (event) => {
  const id = event.detail.ctx.sourceElement?.dataset?.dialogAfter;
  if (id) openDialog(document.getElementById(id), event.detail.ctx.sourceElement);
});
document.addEventListener("closeDialog", () => document.querySelector("dialog[open]")?.close());

const GAP = 4;

function place(popover, from) {
  const anchor = from.getBoundingClientRect();
  const box = popover.getBoundingClientRect();
  const rtl = getComputedStyle(from).direction === "rtl";
  const endAligned = popover.hasAttribute("data-end") !== rtl;
  let left = endAligned ? anchor.right - box.width : anchor.left;
  left = Math.min(Math.max(8, left), innerWidth - box.width - 8);
  let top = anchor.bottom + GAP;
  if (top + box.height > innerHeight - 8) top = Math.max(8, anchor.top - box.height - GAP);
  popover.style.left = `${left}px`;
  popover.style.top = `${top}px`;
}

document.addEventListener(
  "toggle",
  (event) => {
    const popover = event.target;
    if (!(popover instanceof HTMLElement) || !popover.popover || popover.id === "toasts") return;
    const from = document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]:is(:focus, :hover)`) ?? document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);
    from?.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "open" && from) {
      place(popover, from);
      popover.querySelector("[autofocus], .menu-first")?.focus();
    }
  },
  true,
);
addEventListener("scroll", () => document.querySelectorAll("[popover]:popover-open:not(#toasts)").forEach((one) => one.hidePopover()), { passive: true });

// Up and down inside a menu.
on("keydown", ".menu", (menu, event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = entries(menu).filter((item) => !item.hidden);
  const next = (items.indexOf(document.activeElement) + step + items.length) % items.length;
  items[next]?.focus();
});
on("click", ".menu a, .menu button", (item) => {
  if (!item.hasAttribute("data-stay")) item.closest("[popover]")?.hidePopover();
});

// Small screens: the rail's own entries, in a sheet.
on("click", "[data-sheet]", (button) => {
  const sheet = document.getElementById("sheet");
  const wings = document.querySelector(".rail-wings");
  if (!sheet || !wings) return;
  sheet.querySelector("[data-sheet-body]").replaceChildren(wings.cloneNode(true));
  openDialog(sheet, button);
});

// <input data-menu-find> first in a menu: its entries narrow as one types; Enter takes the first.
function entries(menu) {
  return [...menu.querySelectorAll("a[href], button:not(:disabled)")];
}
on("input", "[data-menu-find]", (input) => {
  const typed = input.value.trim().toLowerCase();
  for (const item of entries(input.closest(".menu"))) item.hidden = !item.textContent.toLowerCase().includes(typed);
});
on("keydown", "[data-menu-find]", (input, event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  entries(input.closest(".menu")).find((item) => !item.hidden)?.click();
});
