// Light, dark or as the system says; and how dense tables are. The cookie lets the server draw the first paint right.
import { each, memory, on } from "./dom.js";

const root = document.documentElement;
const YEAR = 31536000;

function keep(name, value) {
  memory.set(name, value || null);
  const age = value ? YEAR : 0;
  document.cookie = `${name}=${value}; path=/; max-age=${age}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}

function choose(name, value) {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
  keep(name, value);
  mark();
}

function mark() {
  for (const name of ["theme", "density"]) {
    for (const button of document.querySelectorAll(`[data-set-${name}]`)) {
      const own = button.getAttribute(`data-set-${name}`);
      button.setAttribute("aria-pressed", String(own === (root.dataset[name] ?? "")));
    }
  }
}

// The cookie may have gone (cleared, expired) while the choice is still remembered here.
for (const name of ["theme", "density"]) {
  const kept = memory.get(name);
  if (kept && !root.dataset[name]) choose(name, kept);
}
on("click", "[data-set-theme]", (button) => choose("theme", button.dataset.setTheme));
on("click", "[data-set-density]", (button) => choose("density", button.dataset.setDensity));
each("[data-set-theme], [data-set-density]", mark);

// <input type="checkbox" data-column="team">: which columns of the list show; kept in a cookie, so that the server draws them so.
each("[data-column]", (box) => {
  box.checked = !document.querySelector("[data-columns]")?.dataset.hidden?.split(" ").includes(box.dataset.column);
});
on("change", "[data-column]", () => {
  const hidden = [...document.querySelectorAll("[data-column]")].filter((box) => !box.checked).map((box) => box.dataset.column);
  for (const list of document.querySelectorAll("[data-columns]")) list.dataset.hidden = hidden.join(" ");
  keep("columns", hidden.join("."));
});
