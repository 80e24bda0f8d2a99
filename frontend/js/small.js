// Small comforts, each a few lines.
import { each, on, text } from "./dom.js";
import { toast } from "./toast.js";

// Text areas that grow with their text, where the browser cannot do it by itself.
if (!CSS.supports("field-sizing", "content")) {
  const grow = (area) => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  each("textarea", grow);
  on("input", "textarea", grow);
}

// <button data-copy="text"> or data-copy-from="#id".
on("click", "[data-copy], [data-copy-from]", async (button) => {
  const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  try {
    await navigator.clipboard.writeText(from ? (from.value ?? from.textContent).trim() : button.dataset.copy);
    toast({ text: text("copied") });
  } catch {
    toast({ text: text("not-copied"), kind: "late" });
  }
});

// <select data-submit> and filters send their form when changed.
on("change", "[data-submit]", (field) => field.form?.requestSubmit());

// A hidden field that wants the browser's own time zone.
each("[data-guess-zone]", (field) => {
  if (!field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
  const button = event.submitter;
  if (button instanceof HTMLButtonElement) setTimeout(() => (button.disabled = true));
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const button of document.querySelectorAll("button[type=submit]:disabled")) button.disabled = false;
});

// Start a long page of messages at the newest unread one.
each("[data-scroll-here]", (element) => element.scrollIntoView({ block: "start" }));

// data-focus="#reply": pressing this (also by its key) takes one to a field.
on("click", "[data-focus]", (element) => {
  // After the browser has moved the focus itself, as it does for a label.
  setTimeout(() => document.querySelector(element.dataset.focus)?.focus());
});

// Many tabs on a narrow screen: the one that is open is in sight.
each(".tabs > [aria-current]", (tab) => tab.scrollIntoView({ block: "nearest", inline: "center" }));
