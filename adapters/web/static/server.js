// Talking to the server: JSON requests, the stream of an answer, the access token.

import { word } from "./words.js";

const TOKEN = "aprendiz.token";

/** What went wrong, in a sentence; `retry` tells whether trying again may help. */
export class Failure extends Error {
  constructor(sentence, { status = 0, retry = true } = {}) {
    super(sentence);
    this.status = status;
    this.retry = retry;
  }
}

/** Keep the access token as long as this tab lives. */
export function keepToken(token) {
  sessionStorage.setItem(TOKEN, token);
}

/** Send JSON and return the JSON that comes back; throws Failure. */
export async function call(path, body) {
  const response = await send(path, body);
  return response.json();
}

/** Yield the events of an answer until it ends; throws Failure, or AbortError after `signal`. */
export async function* ask(body, signal) {
  const response = await send("/api/ask", body, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw signal.aborted ? error : new Failure(word("broken"));
    });
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

async function send(path, body, signal) {
  const headers = { Accept: "application/json" };
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const method = body === undefined ? "GET" : "POST";
  const request = { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) };
  const response = await fetch(path, request).catch((error) => {
    throw error.name === "AbortError" ? error : new Failure(word("offline"));
  });
  if (!response.ok) throw await failureOf(response);
  return response;
}

async function failureOf(response) {
  const { status } = response;
  const told = await response.json().catch(() => ({}));
  return new Failure(told.error ?? word("offline"), { status, retry: status >= 500 || status === 401 });
}
