// For those who work by keyboard: a point's number opens it, Alt and a digit goes to a place, F8 stops everything.

const WAIT = 350; // milliseconds for a second digit, and for a scanner to show that it is one
let digits = "";
let timer = 0;

function typing() {
  return document.activeElement?.matches("input:not([type=radio]), textarea, select") || document.querySelector("dialog[open]");
}

function openPoint() {
  document.getElementById(`point-${Number(digits)}`)?.click();
  digits = "";
}

document.addEventListener("keydown", (event) => {
  if (event.key === "F8") {
    event.preventDefault();
    document.getElementById("stop-all")?.click();
    return;
  }
  const digit = event.code.startsWith("Digit") ? event.code.slice(5) : "";
  if (event.altKey && digit) {
    event.preventDefault();
    document.querySelectorAll(".nav > a")[Number(digit) - 1]?.click();
    return;
  }
  clearTimeout(timer);
  if (!/^[0-9]$/.test(event.key) || event.ctrlKey || event.metaKey || typing()) {
    digits = "";
    return;
  }
  digits += event.key;
  if (digits.length <= 3) timer = setTimeout(openPoint, WAIT);
});
