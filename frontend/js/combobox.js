// <select data-combobox> (one or multiple): type to find. The <select> stays the value that is sent, and works without script.
// data-create lets one add a word that is not in the list (tags).
import { each, text } from "./dom.js";

let number = 0;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

class Combobox {
  constructor(select) {
    this.select = select;
    this.id = `combo-${++number}`;
    this.active = -1;
    this.found = [];
    this.input = make("input", { type: "text", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.id });
    this.list = make("ul", { role: "listbox", id: this.id, class: "combo-list", hidden: "" });
    this.box = make("div", { class: "combo-box" }, this.input);
    this.build();
    this.listen();
    this.draw();
  }

  build() {
    const { select } = this;
    const root = make("div", { class: "combo" });
    select.before(root);
    root.append(select, this.box, this.list);
    this.root = root;
    const label = select.labels?.[0];
    if (label) {
      label.id ||= `${this.id}-label`;
      this.input.setAttribute("aria-labelledby", label.id);
      this.list.setAttribute("aria-labelledby", label.id);
      label.addEventListener("click", () => this.input.focus());
    } else {
      const name = select.getAttribute("aria-label") ?? select.name;
      this.input.setAttribute("aria-label", name);
      this.list.setAttribute("aria-label", name);
    }
    for (const name of ["aria-describedby", "aria-invalid", "data-key"]) {
      if (select.hasAttribute(name)) this.input.setAttribute(name, select.getAttribute(name));
    }
    if (select.multiple) this.list.setAttribute("aria-multiselectable", "true");
    this.input.placeholder = select.dataset.placeholder ?? "";
    this.input.disabled = select.disabled;
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
  }

  listen() {
    this.input.addEventListener("input", () => this.open());
    this.input.addEventListener("click", () => this.open(true));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const item = event.target.closest("[role=option]");
      if (item) this.take(Number(item.dataset.at));
    });
    this.select.addEventListener("change", () => this.draw());
    this.select.form?.addEventListener("reset", () => setTimeout(() => this.draw()));
    this.select.form?.addEventListener("draft:restored", () => this.draw());
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isOpen = !this.list.hidden;
    if (step) {
      event.preventDefault();
      if (isOpen) this.point((this.active + step + this.found.length) % Math.max(this.found.length, 1));
      else this.open(true);
    } else if (event.key === "Enter" && isOpen && this.found[this.active]) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && !this.input.value && this.select.multiple) {
      const last = [...this.select.selectedOptions].at(-1);
      if (last) this.drop(last);
    }
  }

  open(everything = false) {
    const typed = everything && !this.select.multiple ? "" : this.input.value.trim().toLowerCase();
    const options = [...this.select.options].filter((option) => !option.disabled && (option.value || !this.select.multiple));
    this.found = options.filter((option) => option.text.toLowerCase().includes(typed)).slice(0, 200);
    const isKnown = options.some((option) => option.text.toLowerCase() === typed);
    if (typed && !isKnown && this.select.hasAttribute("data-create")) {
      this.found.push({ create: this.input.value.trim(), text: text("add", { name: this.input.value.trim() }) });
    }
    this.list.replaceChildren(...this.found.map((option, at) => this.item(option, at)));
    if (!this.found.length) this.list.append(make("li", { class: "combo-none", role: "presentation" }, text("nothing-found")));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (everything) this.input.select();
    this.point(Math.max(0, this.found.findIndex((option) => option.selected)));
  }

  item(option, at) {
    return make("li", { role: "option", id: `${this.id}-${at}`, "data-at": at, "aria-selected": String(Boolean(option.selected)) }, option.text);
  }

  point(at) {
    this.active = at;
    this.list.querySelector(".active")?.classList.remove("active");
    const item = this.list.children[at];
    if (!item?.id) return this.input.removeAttribute("aria-activedescendant");
    item.classList.add("active");
    this.input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  }

  take(at) {
    let option = this.found[at];
    if (!option) return;
    if (option.create) {
      const made = new Option(option.create, option.create);
      this.select.add(made);
      option = made;
      option.selected = true;
    } else option.selected = this.select.multiple ? !option.selected : true;
    this.input.value = "";
    this.tell();
    this.close();
  }

  drop(option) {
    option.selected = false;
    this.tell();
    this.input.focus();
  }

  tell() {
    this.draw();
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    if (this.select.multiple) this.input.value = "";
    this.draw();
  }

  draw() {
    if (!this.select.multiple) {
      this.input.value = this.select.selectedOptions[0]?.text ?? "";
      return;
    }
    for (const token of this.box.querySelectorAll(".token")) token.remove();
    for (const option of this.select.selectedOptions) {
      const remove = make("button", { type: "button", "aria-label": text("remove", { name: option.text }) }, "×");
      remove.addEventListener("click", () => this.drop(option));
      this.input.before(make("span", { class: "token" }, option.text, remove));
    }
  }
}

each("select[data-combobox]", (select) => new Combobox(select));
