// Everything of ours that runs in the page. Each module wires itself by data attributes; pages hold no script.
import "./htmx.js";
import "./theme.js";
import "./toast.js";
import "./overlays.js";
import "./command.js";
import "./keys.js";
import "./rows.js";
import "./live.js";
import "./times.js";
import "./drafts.js";
import "./files.js";
import "./mail.js";
import "./combobox.js";
import "./small.js";
