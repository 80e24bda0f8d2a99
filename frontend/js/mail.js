// <iframe data-mail src="..." sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox">: a mail as high as its text.
// The frame's document may run no script (no allow-scripts, and its own Content-Security-Policy); allow-same-origin is what lets
// this page measure it. Both together would be unsafe, so a frame with allow-scripts is left alone.
import { each, on } from "./dom.js";

const HIGHEST = 20000;

function measure(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  const wanted = Math.min(Math.ceil(page.getBoundingClientRect().height), HIGHEST);
  if (wanted > 0) frame.style.height = `${wanted}px`;
}

each("iframe[data-mail]", (frame) => {
  if (frame.sandbox.contains("allow-scripts") || !frame.hasAttribute("sandbox")) return;
  const ready = () => {
    const page = frame.contentDocument?.documentElement;
    if (!page) return;
    measure(frame);
    // Images arrive late, and a narrower window wraps lines.
    new ResizeObserver(() => measure(frame)).observe(page);
  };
  frame.addEventListener("load", ready);
  if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") ready();
});

// <a data-mail-images="frame's id" href="...">: load outside images now, without a step in the browser's history.
on("click", "[data-mail-images]", (link, event) => {
  const frame = document.getElementById(link.dataset.mailImages);
  if (!frame?.contentWindow) return;
  event.preventDefault();
  frame.contentWindow.location.replace(link.href);
  link.closest(".mail-note")?.remove();
});
