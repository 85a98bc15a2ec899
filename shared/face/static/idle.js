// Nobody has touched the page for a while: log out, so that the next hand at it is nobody's. The server does the same.

const seconds = Number(document.body.dataset.idle ?? 0);
const way = document.getElementById("leave");
let touched = performance.now();

for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => { touched = performance.now(); }, { capture: true, passive: true });
}

if (seconds && way) {
  setInterval(() => {
    if (performance.now() - touched > seconds * 1000) way.requestSubmit();
  }, 1000);
}
