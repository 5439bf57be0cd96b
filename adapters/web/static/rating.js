// Thumbs under an answer: the vote is stored first, then a reason may follow a 👎 and the question of consent the first vote.

import { askConsentBeside, noteConsent } from "./consent.js";
import { element, iconButton } from "./dom.js";
import { call } from "./server.js";
import { word } from "./words.js";

const REASONS = ["wrong", "outdated", "not_found", "tone", "other"];

/** Return the two buttons; what they lead to is appended to `answer`. */
export function ratingButtons(exchangeId, answer) {
  const state = { value: null, sending: false };
  const buttons = Object.fromEntries(["up", "down"].map((value) => [value, iconButton(value, word(value), () => vote(value))]));
  const below = element("div", { className: "below" });
  answer.append(below);
  show();

  function show() {
    for (const [value, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(state.value === value));
  }

  async function vote(pressed) {
    if (state.sending) return;
    const value = state.value === pressed ? null : pressed;
    if (!(await store({ value }))) return;
    below.querySelector(".reason, .said")?.remove();
    if (value === "down") below.append(reasonBox((why) => store({ value, ...why })));
    if (value) askConsentBeside(below);
    below.scrollIntoView({ block: "nearest" });
  }

  async function store(vote) {
    state.sending = true;
    below.querySelector(".lost")?.remove();
    try {
      const stored = await call("/api/ratings", { exchange_id: exchangeId, ...vote });
      state.value = stored.value;
      noteConsent(stored.consent);
      show();
      return true;
    } catch (failure) {
      below.append(element("p", { className: "lost trouble-text", role: "alert" }, word("vote_lost", { error: failure.message })));
      return false;
    } finally {
      state.sending = false;
    }
  }

  return Object.values(buttons);
}

function reasonBox(store) {
  const kind = element(
    "select",
    { "aria-label": word("reason") },
    element("option", { value: "" }, word("reason")),
    ...REASONS.map((code) => element("option", { value: code }, word(`reason_${code}`))),
  );
  const field = element("input", { type: "text", maxLength: 2000, placeholder: word("comment"), "aria-label": word("comment") });
  const close = element("button", { type: "button", className: "quiet", onclick: () => form.remove() }, word("reason_skip"));
  const form = element("form", { className: "reason" }, kind, field, element("button", { type: "submit", className: "primary" }, word("reason_send")), close);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const comment = field.value.trim();
    const said = kind.value || comment;
    if (said && !(await store({ reason: kind.value || "other", comment }))) return;
    form.replaceWith(said ? element("p", { className: "said", role: "status" }, word("thanks")) : "");
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") form.remove();
  });
  queueMicrotask(() => kind.focus());
  return form;
}
