// A page that hears nothing says so: old figures must never look like new ones.

const PATIENCE = 12_000; // milliseconds: more than two beats of the server
let heard = performance.now();

function hear() {
  heard = performance.now();
  document.body.classList.remove("stale");
}

for (const sign of ["htmx:sseMessage", "htmx:sseOpen"]) document.body.addEventListener(sign, hear);

if (document.querySelector("[sse-connect]")) {
  setInterval(() => {
    if (performance.now() - heard > PATIENCE) document.body.classList.add("stale");
  }, 1000);
}

// The session is over: show the page as strangers see it.
document.body.addEventListener("htmx:sseMessage", (event) => {
  if (event.detail.type === "ended") window.location.reload();
});
