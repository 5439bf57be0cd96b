"use strict";
// Decisions stay in this browser until they are saved as a file that `aprendiz data decide --decisions` takes.
const PREFIX = "aprendiz-decision:";
const inputs = [...document.querySelectorAll(".row input[type=radio]")];
const save = document.getElementById("save");
const count = document.getElementById("count");
const stored = (key, value) => {
  try {
    if (value !== undefined) localStorage.setItem(PREFIX + key, value);
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
};
const show = () => {
  const chosen = inputs.filter((input) => input.checked).length;
  count.textContent = String(chosen);
  save.disabled = chosen === 0;
};
for (const input of inputs) {
  input.checked = stored(input.name) === input.value;
  input.addEventListener("change", () => {
    stored(input.name, input.value);
    show();
  });
}
save.addEventListener("click", () => {
  const lines = inputs.filter((input) => input.checked).map((input) => JSON.stringify({ row: input.name, decision: input.value }) + "\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(lines, { type: "application/x-ndjson" }));
  link.download = "decided.jsonl";
  link.click();
});
show();
