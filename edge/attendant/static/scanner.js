// A code scanner is a keyboard that types very fast and ends with Enter. It is heard wherever the focus is: on the page
// for codes it fills the field, over an open point it belongs to that point, elsewhere the page asks which point.

const GAP = 45; // milliseconds between two keys: no finger is so fast for so long
const LEAST = 8;
let text = "";
let last = 0;

function clean(field) {
  if (field?.value?.endsWith(text)) field.value = field.value.slice(0, -text.length);
}

function heard(code) {
  const form = document.getElementById("verify");
  if (form) {
    document.getElementById("code").value = code;
    form.requestSubmit();
    return;
  }
  const point = document.querySelector("#sheet[open] [data-point]")?.dataset.point;
  if (point) window.htmx.ajax("POST", "/verify", { values: { code, point }, target: "#sheet-verdict", swap: "innerHTML" });
  else window.htmx.ajax("POST", "/scanned", { values: { code }, target: "#sheet", swap: "innerHTML" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || (event.key.length !== 1 && event.key !== "Enter")) return;
  const now = performance.now();
  const quick = now - last < GAP;
  last = now;
  if (event.key === "Enter") {
    const code = text;
    if (quick && code.length >= LEAST) {
      event.preventDefault();
      event.stopPropagation();
      clean(document.activeElement);
      heard(code);
    }
    text = "";
    return;
  }
  // Within a burst a space is a character of the code, and presses no button.
  if (quick && event.key === " " && document.activeElement instanceof HTMLButtonElement) event.preventDefault();
  text = quick ? text + event.key : event.key;
}, true);
