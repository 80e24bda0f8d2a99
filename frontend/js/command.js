// The command bar: Ctrl+K. Places to go are in the page; everything else is asked of the server as one types.
import { each, on } from "./dom.js";
import { openDialog } from "./overlays.js";

const PAUSE = 120;

function options(dialog) {
  return [...dialog.querySelectorAll('[role="option"]')].filter((item) => !item.closest("[hidden]") && !item.hidden);
}

function point(dialog, input, item) {
  dialog.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
  if (!item) return input.removeAttribute("aria-activedescendant");
  item.id ||= `command-${Math.random().toString(36).slice(2)}`;
  item.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", item.id);
  item.scrollIntoView({ block: "nearest" });
}

function filter(dialog, words) {
  for (const item of dialog.querySelectorAll("[data-command-static] [role=option]")) {
    const said = `${item.textContent} ${item.dataset.words ?? ""}`.toLowerCase();
    item.hidden = !words.every((word) => said.includes(word));
  }
  for (const group of dialog.querySelectorAll("[data-command-static] [role=group]")) {
    group.hidden = !group.querySelector("[role=option]:not([hidden])");
  }
}

each("#command", (dialog) => {
  const input = dialog.querySelector("input");
  const results = dialog.querySelector("[data-command-results]");
  const none = dialog.querySelector("[data-command-none]");
  let timer;
  let asking;

  const settle = () => {
    const shown = options(dialog);
    none.hidden = shown.length > 0;
    point(dialog, input, shown[0]);
  };
  const ask = async (query) => {
    asking?.abort();
    asking = new AbortController();
    try {
      const url = `${dialog.dataset.url}?q=${encodeURIComponent(query)}`;
      const answer = await fetch(url, { signal: asking.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return;
      results.innerHTML = await answer.text();
      settle();
    } catch (error) {
      if (error.name !== "AbortError") results.replaceChildren();
    }
  };
  input.addEventListener("input", () => {
    const query = input.value.trim();
    filter(dialog, query.toLowerCase().split(/\s+/).filter(Boolean));
    clearTimeout(timer);
    if (query.length > 1 && dialog.dataset.url) timer = setTimeout(ask, PAUSE, query);
    else results.replaceChildren();
    settle();
  });
  input.addEventListener("keydown", (event) => {
    const shown = options(dialog);
    const at = shown.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) {
      event.preventDefault();
      point(dialog, input, shown[(at + step + shown.length) % shown.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      shown[at]?.click();
    } else if (event.key === "Escape") {
      // A search field would only empty itself.
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.addEventListener("click", (event) => {
    const item = event.target.closest('[role="option"]');
    if (!item) return;
    dialog.close();
    // data-press="#solve": an action of the page itself, done by pressing its own button.
    if (!item.dataset.press) return;
    event.preventDefault();
    const button = document.querySelector(item.dataset.press);
    if (button?.matches("input, textarea, select")) button.focus();
    else button?.click();
  });
  dialog.addEventListener("close", () => {
    input.value = "";
    results.replaceChildren();
    filter(dialog, []);
  });
  dialog.addEventListener("command:open", settle);
});

export function openCommand() {
  const dialog = document.getElementById("command");
  if (!dialog) return;
  openDialog(dialog);
  dialog.querySelector("input").focus();
  dialog.dispatchEvent(new Event("command:open"));
}

on("click", "[data-command]", (_, event) => {
  event.preventDefault();
  openCommand();
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
  event.preventDefault();
  const dialog = document.getElementById("command");
  if (dialog?.open) dialog.close();
  else openCommand();
});
