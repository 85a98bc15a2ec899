// Dialogs: whatever htmx puts into one opens it; "close", Escape, a tap beside it or [data-close] shut it.

const CALM = 350; // milliseconds after a dialog appears in which a second tap, meant for what was there before, is ignored
let since = 0;

function open(dialog) {
  if (dialog.open) return;
  since = performance.now();
  dialog.showModal();
  const first = dialog.querySelector("[autofocus]");
  if (first) first.focus();
}

function shut() {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest("dialog");
  if (dialog && dialog.childElementCount) open(dialog);
});

document.body.addEventListener("close", (event) => {
  if (!(event.target instanceof HTMLDialogElement)) shut();
});

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    if (dialog.dataset.fresh !== undefined) dialog.replaceChildren();
  });
  dialog.addEventListener("click", (event) => {
    if (performance.now() - since < CALM) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-close], [data-opens]");
  if (!asked) return;
  if (asked.dataset.opens) open(document.getElementById(asked.dataset.opens));
  else asked.closest("dialog")?.close();
});
