// htmx and what we ask of it: errors become a sentence, a lost session becomes the sign-in page.
import htmx from "htmx.org";
import { text } from "./dom.js";
import { toast } from "./toast.js";

htmx.config.includeIndicatorCSS = false;
// A new piece would wear the old one's attributes for a moment, and lose what our scripts have set on it by then.
htmx.config.defaultSettleDelay = 0;
// A refused form (400, 409, 422) answers with its own piece and is swapped in. The rest would replace a piece of the page with an
// error page, so it is only told.
htmx.config.noSwap = [204, 304, 401, 403, 404, 405, 413, 429, "5xx"];

const said = { 401: "signed-out", 403: "forbidden", 404: "gone", 413: "too-large", 429: "slow-down" };

document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail.ctx.response.status;
  if ([400, 409, 422].includes(status)) return;
  toast({ text: text(said[status] ?? "failed"), kind: "late" });
});

document.addEventListener("htmx:error", () => toast({ text: text("no-connection"), kind: "late" }));

document.addEventListener("htmx:before:response", (event) => {
  const answer = event.detail.ctx.response.raw;
  const signIn = document.body.dataset.signIn;
  if (!signIn || !answer.redirected || new URL(answer.url).pathname !== signIn || location.pathname === signIn) return;
  event.preventDefault();
  location.assign(`${signIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
});

// A thin line tells that an answer is on its way; CSS shows it only past 300 ms.
let waiting = 0;
function show(change) {
  waiting = Math.max(0, waiting + change);
  document.querySelector(".waiting")?.classList.toggle("on", waiting > 0);
}
document.addEventListener("htmx:before:request", () => show(1));
document.addEventListener("htmx:finally:request", () => show(-1));

export default htmx;
