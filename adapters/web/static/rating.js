// Thumbs under an answer: the vote is stored first, then a reason may follow a 👎 and the question of consent the first vote.

import { askConsentBeside, noteConsent } from "./consent.js";
import { element, iconButton } from "./dom.js";
import { call } from "./server.js";
import { word } from "./words.js";

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
    if (value === "down") below.append(reasonBox((reason) => store({ value, reason })));
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
  const field = element("input", { type: "text", maxLength: 2000, placeholder: word("reason"), "aria-label": word("reason") });
  const close = element("button", { type: "button", className: "quiet", onclick: () => form.remove() }, word("reason_skip"));
  const form = element("form", { className: "reason" }, field, element("button", { type: "submit", className: "primary" }, word("reason_send")), close);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const reason = field.value.trim();
    if (reason && !(await store(reason))) return;
    form.replaceWith(reason ? element("p", { className: "said", role: "status" }, word("thanks")) : "");
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") form.remove();
  });
  queueMicrotask(() => field.focus());
  return form;
}
