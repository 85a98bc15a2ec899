// The keypad types into the field it belongs to, as a keyboard would; the keyboard still works beside it.

function press(field, key) {
  const most = field.maxLength > 0 ? field.maxLength : 32;
  if (key === "erase") field.value = field.value.slice(0, -1);
  else if (key === "clear") field.value = "";
  else if (field.value.length < most && !(key === "." && field.value.includes("."))) field.value += key;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-key], [data-value]");
  const field = key && document.getElementById(key.closest("[data-types]")?.dataset.types);
  if (!field) return;
  if (key.dataset.value !== undefined) {
    field.value = key.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  } else press(field, key.dataset.key);
});

// A field that knows how long its value is sends its form by itself when it is full.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.dataset.full && field.value.length >= Number(field.dataset.full)) field.form.requestSubmit();
});
