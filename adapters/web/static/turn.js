// One question with its answer, as it comes, ends, fails or is stopped.

import { element, icon, iconButton } from "./dom.js";
import { render } from "./markdown.js";
import { ratingButtons } from "./rating.js";
import { language, word } from "./words.js";

/** A turn of the conversation; `on.retry()` and `on.edit()` are what its buttons do after trouble. */
export class Turn {
  constructor(question, on) {
    this.on = on;
    this.text = "";
    this.drawing = false;
    this.body = element("div", { className: "text" });
    this.note = element("p", { className: "note thinking" }, word("thinking"));
    this.answer = element("article", { className: "answer", "aria-busy": "true" }, this.note, this.body);
    const asked = element("p", { className: "asked" }, element("span", { className: "unseen" }, `${word("you")}: `), question);
    this.node = element("div", { className: "turn" }, asked, this.answer);
  }

  queued(ahead) {
    this.note.textContent = word("queued", { count: ahead });
  }

  piece(text) {
    this.text += text;
    this.note.hidden = true;
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.draw();
    });
  }

  /** The model broke off, and another begins anew. */
  restart() {
    this.text = "";
    this.note.textContent = word("thinking");
    this.note.hidden = false;
    this.draw();
  }

  draw() {
    this.body.replaceChildren(render(this.text));
    this.node.dispatchEvent(new Event("grown", { bubbles: true }));
  }

  /** The answer is complete. */
  finish(answer) {
    this.text = answer.answer;
    this.note.remove();
    this.draw();
    this.answer.dataset.kind = answer.kind;
    const badge = badgeOf(answer);
    if (answer.answered_question) this.answer.prepend(answeredQuestion(answer.answered_question));
    if (badge) this.answer.prepend(badge);
    if (answer.hand_off) this.answer.append(person(answer.hand_off));
    const closest = answer.kind === "declined";
    if (answer.sources.length) this.answer.append(...sourceList(word(closest ? "closest" : "sources"), answer.sources, { headed: closest }));
    if (answer.see_also.length) this.answer.append(...sourceList(word("see_also"), answer.see_also, { headed: true }));
    const actions = element("div", { className: "actions" }, navigator.clipboard ? this.copyButton() : null, figures(answer));
    this.answer.append(actions);
    if (answer.kind !== "courtesy") actions.prepend(...ratingButtons(answer.exchange_id, this.answer));
    this.settle();
  }

  /** The reader stopped it; what came stays. */
  stop() {
    this.trouble(word("stopped"), { retry: true, calm: true });
  }

  /** It failed: say why in its place, and offer what can be done. */
  trouble(sentence, { retry, calm = false }) {
    this.note.remove();
    if (this.text) this.draw();
    const again = retry ? element("button", { type: "button", className: "quiet", onclick: this.on.retry }, word("retry")) : null;
    const edit = element("button", { type: "button", className: "quiet", onclick: this.on.edit }, word("edit"));
    const said = element("p", calm ? {} : { role: "alert" }, calm ? null : icon("alert"), sentence);
    this.answer.append(element("div", { className: calm ? "trouble calm" : "trouble" }, said, element("div", { className: "choices" }, again, edit)));
    this.settle();
  }

  settle() {
    this.answer.setAttribute("aria-busy", "false");
    this.node.dispatchEvent(new Event("grown", { bubbles: true }));
  }

  /** Browsers offer the clipboard on loopback and https only. */
  copyButton() {
    const button = iconButton("copy", word("copy"), async () => {
      await navigator.clipboard.writeText(this.text);
      button.replaceChildren(icon("check"));
      button.setAttribute("aria-label", word("copied"));
      setTimeout(() => {
        button.replaceChildren(icon("copy"));
        button.setAttribute("aria-label", word("copy"));
      }, 1500);
    });
    return button;
  }
}

function badgeOf(answer) {
  const title = answer.sources[0]?.name;
  switch (answer.kind) {
    case "verified":
      return badge("check", approval(answer));
    case "quoted":
      return badge("quote", title ? word("quoted_from", { title }) : word("quoted"));
    case "declined":
      return badge("question", word("declined"));
    default:
      return answer.instead_of ? badge("quote", word("instead_of", { model: answer.model, other: answer.instead_of })) : null;
  }
}

function approval({ approved_at, approved_by }) {
  if (!approved_at) return word("verified");
  const date = day(approved_at);
  return approved_by ? word("verified_by", { name: approved_by, date }) : word("verified_on", { date });
}

function badge(shape, label) {
  return element("p", { className: "badge" }, icon(shape), element("span", {}, label));
}

/** The question that an expert or an FAQ answers, where it is not the reader's own. */
function answeredQuestion(question) {
  return element("p", { className: "answered" }, word("answered_question", { question }));
}

function day(moment) {
  return new Date(moment).toLocaleDateString(language, { dateStyle: "medium" });
}

/** A day without a time is the same everywhere. */
function calendarDay(date) {
  return new Date(date).toLocaleDateString(language, { dateStyle: "medium", timeZone: "UTC" });
}

function sourceList(label, sources, { headed }) {
  const heading = headed ? [element("p", { className: "heading" }, label)] : [];
  const list = element("ul", { className: "sources", "aria-label": label });
  list.append(...sources.map((source) => element("li", {}, sourceChip(source))));
  return [...heading, list];
}

/** Whom the operator named to be asked instead. */
function person(to) {
  const [before, after] = word("person").split("{where}");
  const href = isWeb(to) ? to : to.includes("@") ? `mailto:${to}` : "";
  const where = href ? link(href, to) : to;
  return element("p", { className: "person" }, before, where, after);
}

function link(href, text) {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, text);
}

function isWeb(address) {
  return /^https?:\/\//.test(address);
}

function sourceChip(source) {
  const relevance = new Intl.NumberFormat(language, { style: "percent" }).format(source.score);
  const score = element("span", { className: "score", title: word("relevance") }, relevance);
  const dated = source.dated ? element("span", { className: "dated" }, word("as_of", { date: calendarDay(source.dated) })) : null;
  const head = element("summary", {}, icon("page"), element("span", { className: "title" }, source.name), dated, score);
  const meter = element("meter", { min: 0, max: 1, value: source.score, "aria-label": word("relevance") });
  const address = [source.link, source.source].find((each) => each && isWeb(each));
  const where = address ? link(address, source.source) : element("code", {}, source.source);
  const facts = element("div", { className: "facts" }, where);
  if (source.excerpt) facts.append(element("blockquote", {}, source.excerpt));
  facts.append(element("p", { className: "figures" }, `${word("relevance")} `, meter, ` ${relevance}`));
  return element("details", {}, head, facts);
}

function figures(answer) {
  const seconds = new Intl.NumberFormat(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 }).format(answer.timings.total_s ?? 0);
  const parts = [answer.model, word("took", { seconds })].filter(Boolean);
  return element("span", { className: "figures" }, parts.join(" · "));
}
