// The playground: a conversation, its composer, and what the keyboard does.

import { startConsent } from "./consent.js";
import { element, icon } from "./dom.js";
import { Failure, ask, call, keepToken } from "./server.js";
import { Turn } from "./turn.js";
import { word } from "./words.js";

const DRAFT = "aprendiz.draft";
const [scroller, welcome, examples, log, composer, field, sendButton, newButton, status, tokenDialog] = [
  "scroller", "welcome", "examples", "conversation", "composer", "question", "send", "new", "status", "token",
].map((id) => document.getElementById(id));

// `running` aborts the answer that is being streamed; null while none is.
const state = { conversationId: null, running: null };

function submit(question) {
  if (state.running || !question.trim()) return;
  field.value = "";
  draft();
  welcome.hidden = true;
  newButton.hidden = false;
  const turn = new Turn(question, {
    retry: () => {
      if (state.running) return;
      turn.node.remove();
      submit(question);
    },
    edit: () => edit(question),
  });
  log.append(turn.node);
  turn.node.scrollIntoView({ block: "end" });
  follow = true;
  run(turn, question);
}

async function run(turn, question) {
  const running = new AbortController();
  setRunning(running);
  try {
    await stream(turn, question, running.signal);
  } catch (failure) {
    if (running.signal.aborted) turn.stop();
    else if (failure instanceof Failure) tell(turn, failure, question);
    else throw failure;
  } finally {
    if (state.running === running) setRunning(null);
  }
}

async function stream(turn, question, signal) {
  const body = { input_text: question, conversation_id: state.conversationId, request_id: requestId() };
  for await (const event of ask(body, signal)) {
    switch (event.type) {
      case "accepted":
        state.conversationId = event.conversation_id;
        break;
      case "queued":
        turn.queued(event.ahead);
        break;
      case "piece":
        turn.piece(event.text);
        break;
      case "restarted":
        turn.restart();
        break;
      case "answer":
        turn.finish(event);
        say(word("answered"));
        return;
      case "error":
        throw new Failure(event.error, { status: 503, retry: event.retry });
    }
  }
  throw new Failure(word("broken"));
}

/** Identify one press of the send key, so that a request that the browser repeats is answered once. */
function requestId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tell(turn, failure, question) {
  if (failure.status === 404) state.conversationId = null;
  turn.trouble(failure.message, failure);
  if (failure.status === 401) askToken(() => turn.on.retry());
  else if (!failure.retry && !field.value) edit(question);
}

/** Put a question back into the field, before what was typed since. */
function edit(question) {
  const since = field.value.trim();
  field.value = since && since !== question ? `${question}\n\n${since}` : question;
  draft();
  field.focus();
}

function setRunning(running) {
  state.running = running;
  const label = word(running ? "stop" : "send");
  sendButton.replaceChildren(icon(running ? "stop" : "send"));
  sendButton.title = label;
  sendButton.setAttribute("aria-label", label);
  sendButton.classList.toggle("stops", Boolean(running));
  sendButton.disabled = !running && !field.value.trim();
}

/** Keep what is typed, and fit the field to it. */
function draft() {
  sessionStorage.setItem(DRAFT, field.value);
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 200)}px`;
  sendButton.disabled = !state.running && !field.value.trim();
}

function startAnew() {
  state.running?.abort();
  state.conversationId = null;
  log.replaceChildren();
  welcome.hidden = false;
  newButton.hidden = true;
  field.focus();
}

function say(sentence) {
  status.textContent = sentence;
}

// The page follows a growing answer until its reader scrolls away.
let follow = true;
scroller.addEventListener("scroll", () => {
  follow = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
});
log.addEventListener("grown", () => {
  if (follow) scroller.scrollTop = scroller.scrollHeight;
});

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  if (state.running) state.running.abort();
  else submit(field.value);
});
field.addEventListener("input", draft);
field.addEventListener("keydown", (event) => {
  // While an input method composes, Enter picks a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit(field.value);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.running && !document.querySelector("dialog[open]")) state.running.abort();
});
newButton.addEventListener("click", startAnew);

// The access token, where the operator set one.
let afterToken = () => {};

function askToken(then, trouble = "") {
  afterToken = then;
  document.getElementById("token-trouble").textContent = trouble;
  if (!tokenDialog.open) tokenDialog.showModal();
}

document.getElementById("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = document.getElementById("token-value");
  keepToken(value.value.trim());
  value.value = "";
  start(() => {
    tokenDialog.close();
    field.focus();
    afterToken();
  });
});

async function start(then = () => {}) {
  try {
    const session = await call("/api/session");
    startConsent(session);
    showExamples(session.examples);
    then();
  } catch (failure) {
    if (failure.status === 401) askToken(afterToken, tokenDialog.open ? word("token_wrong") : "");
    else say(failure.message);
  }
}

function showExamples(questions) {
  const buttons = questions.map((question) => element("button", { type: "button", className: "example", onclick: () => submit(question) }, question));
  examples.replaceChildren(...buttons.map((button) => element("li", {}, button)));
}

newButton.append(icon("plus"), element("span", {}, word("new_conversation")));
newButton.setAttribute("aria-label", word("new_conversation"));
field.value = sessionStorage.getItem(DRAFT) ?? "";
setRunning(null);
draft();
field.focus();
start();
