// The few words the other modules share.

/** Run `act(element, event)` for every `type` event under an element matching `selector`, now and later. */
export function on(type, selector, act, options) {
  document.addEventListener(
    type,
    (event) => {
      const found = event.target instanceof Element ? event.target.closest(selector) : null;
      if (found) act(found, event);
    },
    options,
  );
}

/** Run `wire(element)` once for every element matching `selector`, also those swapped in later. */
export function each(selector, wire) {
  const seen = new WeakSet();
  const scan = (root) => {
    const found = [...root.querySelectorAll(selector)];
    if (root instanceof Element && root.matches(selector)) found.push(root);
    for (const element of found) {
      if (seen.has(element)) continue;
      seen.add(element);
      wire(element);
    }
  };
  scan(document);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node instanceof Element) scan(node);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}

/** A sentence of the page's language, from the hidden list in base.html; {name} is filled in. */
export function text(key, values = {}) {
  const source = document.querySelector(`#texts [data-text="${key}"]`)?.textContent ?? key;
  return source.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

/** What may not outlive a blocked or full storage fails quietly: it is a comfort, not a promise. */
export const memory = {
  get(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // Private mode or full: carry on without.
    }
  },
};

export function isTyping(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
  return element instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(element.type);
}
