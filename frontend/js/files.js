// <input type="file" data-files>: drop or paste onto its form, see what will be sent, take one away again.
import { each, on, text } from "./dom.js";

function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 3);
  return new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 }).format(bytes / 1000 ** step);
}

function set(input, files) {
  const carrier = new DataTransfer();
  for (const file of input.multiple ? files : files.slice(-1)) carrier.items.add(file);
  input.files = carrier.files;
  draw(input);
}

function part(tag, name, content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (content) element.textContent = content;
  return element;
}

function card(input, file, at) {
  const item = part("li", "file");
  if (/^image\/(png|jpe?g|gif|webp)$/.test(file.type)) {
    const image = part("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    item.append(image);
  }
  const remove = part("button", "", "×");
  remove.type = "button";
  remove.setAttribute("aria-label", text("remove", { name: file.name }));
  remove.addEventListener("click", () => {
    set(input, [...input.files].filter((_, other) => other !== at));
    input.focus();
  });
  item.append(part("span", "name", file.name), part("span", "size", size(file.size)), remove);
  return item;
}

function draw(input) {
  const list = input.form?.querySelector("[data-previews]");
  list?.replaceChildren(...[...input.files].map((file, at) => card(input, file, at)));
}

function add(form, files) {
  const input = form.querySelector("input[type=file][data-files]");
  if (!input || !files.length) return false;
  set(input, [...input.files, ...files]);
  return true;
}

const takesFiles = "form:has(input[data-files])";
each("input[type=file][data-files]", draw);
on("change", "input[type=file][data-files]", draw);
on("paste", takesFiles, (form, event) => {
  if (add(form, [...(event.clipboardData?.files ?? [])])) event.preventDefault();
});
on("dragover", takesFiles, (form, event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.classList.add("dropping");
});
on("dragleave", takesFiles, (form, event) => {
  if (!form.contains(event.relatedTarget)) form.classList.remove("dropping");
});
on("drop", takesFiles, (form, event) => {
  form.classList.remove("dropping");
  if (add(form, [...(event.dataTransfer?.files ?? [])])) event.preventDefault();
});
document.addEventListener("reset", (event) => setTimeout(() => event.target.querySelectorAll?.("input[data-files]").forEach(draw)));
