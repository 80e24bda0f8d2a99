// <time datetime="..." data-relative>: relative within a day, absolute beyond, exact on hover; kept fresh.
import { each, text } from "./dom.js";

// English as the server writes it: the day first, 24 hours.
const lang = { en: "en-GB" }[document.documentElement.lang] ?? (document.documentElement.lang || undefined);
const zone = document.documentElement.dataset.zone || undefined;
const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "short", timeZone: zone });
const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: zone });
const dayAndYear = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", year: "numeric", timeZone: zone });

function say(at, now) {
  const seconds = (at - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return relative.format(0, "second");
  if (size < 86400) {
    const [key, unit] = size < 3570 ? ["minutes", 60] : ["hours", 3600];
    return text(seconds < 0 ? "ago" : "in", { length: text(key, { count: Math.round(size / unit) }) });
  }
  return (size < 31536000 / 2 ? day : dayAndYear).format(at);
}

function freshen(element) {
  const at = new Date(element.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const said = say(at, Date.now());
  if (element.textContent !== said) element.textContent = said;
  element.title ||= exact.format(at);
}

each("time[data-relative]", freshen);
setInterval(() => document.querySelectorAll("time[data-relative]").forEach(freshen), 30000);
