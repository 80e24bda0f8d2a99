// <form data-draft="key">: what is typed survives a closed tab, until it is sent. Passwords and files are never kept.
import { each, memory, on, text } from "./dom.js";
import { toast } from "./toast.js";

const PAUSE = 400;
const MONTH = 30 * 86400000;
const timers = new WeakMap();

function fields(form) {
  return [...form.elements].filter((one) => one.name && one.name !== "csrfmiddlewaretoken" && !["password", "file", "hidden", "submit"].includes(one.type));
}

function keyOf(form) {
  return `draft:${document.body.dataset.user ?? ""}:${form.dataset.draft}`;
}

function read(form) {
  return fields(form).map((one) => {
    if (one.type === "checkbox" || one.type === "radio") return [one.name, one.value, one.checked];
    return [one.name, one.multiple ? [...one.selectedOptions].map((option) => option.value) : one.value];
  });
}

function save(form) {
  const hasText = fields(form).some((one) => one instanceof HTMLTextAreaElement && one.value.trim());
  memory.set(keyOf(form), hasText ? JSON.stringify({ at: Date.now(), fields: read(form) }) : null);
}

function restore(form) {
  const kept = JSON.parse(memory.get(keyOf(form)) ?? "null");
  if (!kept || Date.now() - kept.at > MONTH) return;
  for (const [name, value, checked] of kept.fields) {
    for (const one of fields(form).filter((field) => field.name === name)) {
      if (one.type === "checkbox" || one.type === "radio") {
        if (one.value === value) one.checked = checked;
      } else if (one.multiple) for (const option of one.options) option.selected = value.includes(option.value);
      else if (!one.value) one.value = value;
    }
  }
  form.dispatchEvent(new CustomEvent("draft:restored", { bubbles: true }));
  const mark = form.querySelector("[data-draft-mark]");
  if (mark) mark.textContent = text("draft-back");
}

each("form[data-draft]", restore);
on("input", "form[data-draft]", (form) => {
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(save, PAUSE, form));
});
function sent(form) {
  clearTimeout(timers.get(form));
  memory.set(keyOf(form), null);
  // What is typed next belongs to nobody yet: not to the customer, when one has just written a note.
  if (form.contains(document.activeElement)) document.activeElement.blur();
}
document.addEventListener("htmx:after:request", (event) => {
  const form = event.detail.ctx.sourceElement?.closest?.("form[data-draft]");
  if (form && event.detail.ctx.response.status < 400 && event.detail.ctx.request.method !== "GET") sent(form);
});
// Without htmx the page goes away; the server answers with a page that says what is done.
each("[data-draft-done]", (element) => memory.set(`draft:${document.body.dataset.user ?? ""}:${element.dataset.draftDone}`, null));
on("click", "[data-draft-drop]", (button) => {
  const form = button.closest("form[data-draft]");
  form.reset();
  sent(form);
  toast({ text: text("draft-gone") });
});
