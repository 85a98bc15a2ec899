// Dialogs: whatever htmx puts into one opens it; "close", Escape, a tap beside it or [data-close] shut it.
// On a touchscreen the dialog is not modal to the bar above, where everything can be stopped: the rest of the page is inert.

const CALM = 350; // milliseconds after a dialog appears in which a second tap, meant for what was there before, is ignored
const touch = document.body.classList.contains("touch");
const behind = document.querySelectorAll(".nav, .main, .skip");
let since = 0;
let asked = null; // what a dialog was asked for by: it gets the focus back

function open(dialog) {
  if (!dialog.open) {
    since = performance.now();
    setTimeout(() => { dialog.dataset.calm = ""; }, CALM);
    if (touch) dialog.show();
    else dialog.showModal();
    veil(touch);
  }
  dialog.scrollTop = 0;
  dialog.querySelector("[autofocus]")?.focus();
}

function veil(down) {
  document.body.classList.toggle("veiled", down);
  for (const part of behind) part.inert = down;
}

function shut() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.closest("dialog")) asked = event.detail.elt;
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.target;
  if (dialog instanceof HTMLDialogElement && dialog.childElementCount) open(dialog);
});

document.body.addEventListener("close", (event) => {
  if (!(event.target instanceof HTMLDialogElement)) shut();
});

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    veil(false);
    delete dialog.dataset.calm;
    if (dialog.dataset.fresh !== undefined) dialog.replaceChildren();
    if (asked?.isConnected) asked.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (performance.now() - since < CALM) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && !touch) dialog.close();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && touch) shut();
});

document.addEventListener("click", (event) => {
  if (event.target.closest(".veil") && performance.now() - since > CALM) shut();
  const button = event.target.closest("[data-close], [data-opens]");
  if (!button) return;
  if (button.dataset.opens) {
    asked = button;
    open(document.getElementById(button.dataset.opens));
  } else button.closest("dialog")?.close();
});
