// Sentences said in passing. The server asks for one by the event "toast" (HX-Trigger), or draws it into #notice.

const ICONS = { good: "check-circle", note: "info", warning: "warning", bad: "octagon" };
const LASTING = { good: 4000, note: 5000, warning: 8000, bad: 9000 };
const MOST = 3;
const region = document.getElementById("toasts");

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

function rise() {
  // The top layer is ordered by arrival: shown anew, the region lies over an open dialog.
  if (!region.showPopover) return;
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}

function settle(toast) {
  toast.remove();
  if (!region.children.length && region.hidePopover && region.matches(":popover-open")) region.hidePopover();
}

export function say(text, tone = "note") {
  const known = tone in ICONS ? tone : "note";
  const toast = document.createElement("p");
  toast.className = `toast toast-${known}`;
  toast.append(icon(ICONS[known]), document.createTextNode(text));
  while (region.children.length >= MOST) region.firstElementChild.remove();
  region.append(toast);
  rise();
  setTimeout(() => settle(toast), LASTING[known]);
}

document.body.addEventListener("toast", (event) => say(event.detail.text, event.detail.tone));
document.body.addEventListener("htmx:sendError", () => say(document.body.dataset.unreachable, "bad"));

const notice = document.getElementById("notice");
if (notice) say(notice.textContent, notice.dataset.tone);
