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

// The server has taken what was typed (event "clear", the field's id).
document.body.addEventListener("clear", (event) => {
  const field = document.getElementById(event.detail.value);
  if (field) field.value = "";
});

// A choice that sends its form as soon as it is made.
document.addEventListener("change", (event) => {
  if (event.target.dataset.submits !== undefined) event.target.form.requestSubmit();
});

// A field that knows how long its value is sends its form by itself when it is full.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.dataset.full && field.value.length >= Number(field.dataset.full)) field.form.requestSubmit();
});
