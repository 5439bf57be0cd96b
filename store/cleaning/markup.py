"""The markup of chats, to the words that a reader sees: Slack's mrkdwn, Discord's Markdown. HTML is read with mail."""

import re

# https://docs.slack.dev/messaging/formatting-message-text ; https://docs.discord.com/developers/reference#message-formatting
_LINK = re.compile(r"<(https?://[^<>|\s]{1,2000}|mailto:[^<>|\s]{1,320}|tel:[^<>|\s]{1,40})(?:\|([^<>\n]{1,2000}))?>")
_CALL = re.compile(r"<!(?:here|channel|everyone|subteam\^\w{1,24}(?:\|@?([^<>\n]{0,100}))?)>|@(?:here|everyone)\b")
_CHANNEL = re.compile(r"<#\w{1,24}\|([^<>\n]{1,100})>")
_PICTURE = re.compile(r"<a?:\w{2,32}:\d{5,20}>|<t:\d{1,12}(?::[tTdDfFR])?>|(?<![\w:]):[a-z][a-z0-9_+'-]{1,63}:(?::skin-tone-\d:)?(?![\w:])")
_FENCE = re.compile(r"```(?:[a-z]{1,20}\n)?(.{0,20000}?)```", re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]{1,500})`(?!`)")
_EMPHASIS = {
    sign: re.compile(
        rf"(?<![\w{sign[0]}\\]){re.escape(sign)}(?=[^\s{sign[0]}])([^\n{sign[0]}]{{1,500}}?)(?<=[^\s{sign[0]}]){re.escape(sign)}(?![\w{sign[0]}])"
    )
    for sign in ("**", "*", "__", "_", "~~", "~", "||")
}
_SPACES = re.compile(r"[ \t]{2,}")


def without_chat_markup(text: str) -> str:
    """
    Return *text* as a reader sees it: labels of links with their address in brackets, no signs of emphasis, no emoji by name.

    The only characters it adds are the brackets, and the space before them.
    """
    if "<" in text or "@" in text:
        text = _LINK.sub(_linked, text)
        text = _CHANNEL.sub(r"#\1", _CALL.sub(lambda match: match[1] or "", text))
    if ":" in text:
        text = _PICTURE.sub("", text)
    if "`" in text:
        text = _CODE.sub(r"\1", _FENCE.sub(r"\1", text))
    for sign, pattern in _EMPHASIS.items():
        if sign in text:  # hardly ever, and a pattern takes long to see that
            text = pattern.sub(r"\1", text)
    return _SPACES.sub(" ", text)


def _linked(match: re.Match[str]) -> str:
    address, label = match[1], (match[2] or "").strip()
    plain = re.sub(r"\A(?:mailto|tel):", "", address)
    return f"{label} ({plain})" if label and label not in plain and plain not in label else plain
