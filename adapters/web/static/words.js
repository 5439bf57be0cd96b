// The page's words, sent by the server in the browser's language.

const page = JSON.parse(document.getElementById("page").textContent);

export const language = page.language;

/** Return the word for a key with {placeholders} filled in. */
export function word(key, fields = {}) {
  return page.words[key].replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}
