"""Block Kit as Slack checks it: blocks of messages, modals and home tabs, their elements, lengths and ids."""

import json
from collections.abc import Callable, Iterator
from typing import Any

# https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/views/modal-views
MARKDOWN_CHARACTERS = 12_000
ALL_BLOCKS_CHARACTERS = 13_200
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
VIEW_BYTES = 250_000
_ID_CHARACTERS = 255
_STYLES = (None, "primary", "danger")

Block = dict[str, Any]
Check = Callable[[Block], bool]


def are_blocks(blocks: Any, *, in_view: bool = False) -> bool:
    """Tell whether Block Kit takes *blocks* in a message, or in a view."""
    if not isinstance(blocks, list) or len(blocks) > (VIEW_BLOCKS if in_view else MESSAGE_BLOCKS):
        return False
    if not all(_is_block(block, in_view=in_view) for block in blocks):
        return False
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    return len(ids) == len(set(ids)) and all(_has_own_actions(block) for block in blocks)


def problem_of_view(view: Any) -> str:
    """Return the error that Slack gives for *view*, empty where it takes it."""
    if not isinstance(view, dict):
        return "invalid_arguments"
    if len(json.dumps(view).encode()) > VIEW_BYTES:
        return "view_too_large"
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    right = (
        are_blocks(blocks, in_view=True)
        and _is_title(view, has_input=has_input)
        and _at_most(view.get("private_metadata", ""), 3_000)
        and _at_most(view.get("callback_id", ""), _ID_CHARACTERS)
        and _at_most(view.get("external_id", ""), _ID_CHARACTERS)
    )
    return "" if right else "invalid_arguments"


def elements_of(blocks: list[Block]) -> Iterator[tuple[Block, Block]]:
    """Yield each block with each of its interactive elements."""
    for block in blocks:
        inside = [*block.get("elements", ()), block.get("element"), block.get("accessory")]
        yield from ((block, element) for element in inside if isinstance(element, dict) and "action_id" in element)


def texts_of(block: Block) -> list[str]:
    """Return what people read in a block, buttons left out."""
    match block.get("type"):
        case "markdown":
            return [block["text"]]
        case "context":
            return [element["text"] for element in block["elements"]]
        case "section":
            return [text["text"] for text in (block.get("text"), *block.get("fields", ())) if text]
        case "header":
            return [block["text"]["text"]]
        case "input":
            return [block["label"]["text"]]
    return []


def _is_title(view: Block, *, has_input: bool) -> bool:
    if view.get("type") == "home":
        return "title" not in view and "submit" not in view
    buttons = all(view.get(name) is None or _is_plain(view[name], 24) for name in ("close", "submit"))
    return view.get("type") == "modal" and _is_plain(view.get("title"), 24) and buttons and not (has_input and "submit" not in view)


def _is_block(block: Any, *, in_view: bool) -> bool:
    if not isinstance(block, dict) or not _is_optional_id(block, "block_id"):
        return False
    kind = str(block.get("type"))
    if kind in ("markdown", "context_actions") and in_view:
        return False  # https://docs.slack.dev/reference/block-kit/blocks/markdown-block: in messages only
    check = _BLOCKS.get(kind)
    return check is not None and check(block)


def _has_own_actions(block: Block) -> bool:
    ids = [element["action_id"] for _, element in elements_of([block])]
    return len(ids) == len(set(ids))


def _is_section(block: Block) -> bool:
    fields, text = block.get("fields"), block.get("text")
    if text is None and fields is None:
        return False
    return (
        (text is None or _is_text(text, 3_000))
        and (fields is None or _all(fields, 10, lambda field: _is_text(field, 2_000)))
        and ("accessory" not in block or _is_element(block["accessory"]))
    )


def _is_input(block: Block) -> bool:
    hint = block.get("hint")
    return _is_plain(block.get("label"), 2_000) and _is_element(block.get("element")) and (hint is None or _is_plain(hint, 2_000))


def _is_element(element: Any) -> bool:
    check = _ELEMENTS.get(str(element.get("type"))) if isinstance(element, dict) else None
    return check is not None and _is_optional_id(element, "action_id") and check(element)


def _is_button(element: Block) -> bool:
    return (
        _is_plain(element.get("text"), 75)
        and _at_most(element.get("value", ""), 2_000)
        and _at_most(element.get("url", ""), 3_000)
        and element.get("style") in _STYLES
    )


def _is_feedback(element: Block) -> bool:
    buttons = element.get("positive_button"), element.get("negative_button")
    return (
        element.get("type") == "feedback_buttons"
        and _is_string(element.get("action_id"), _ID_CHARACTERS)
        and all(
            isinstance(button, dict) and _is_plain(button.get("text"), 75) and _is_string(button.get("value"), 2_000) for button in buttons
        )
    )


def _is_choice(most: int) -> Check:
    def check(element: Block) -> bool:
        options = element.get("options")
        if not _all(options, most, lambda option: _is_text(option.get("text"), 75) and _is_string(option.get("value"), 150)):
            return False
        chosen = element.get("initial_option")
        values = [option["value"] for option in element["options"]]
        return len(values) == len(set(values)) and (chosen is None or chosen in element["options"])

    return check


def _is_text_input(element: Block) -> bool:
    longest = element.get("max_length", 3_000)
    placeholder = element.get("placeholder")
    return isinstance(longest, int) and 0 < longest <= 3_000 and (placeholder is None or _is_plain(placeholder, 150))


_BLOCKS: dict[str, Check] = {
    "markdown": lambda block: _is_string(block.get("text"), MARKDOWN_CHARACTERS),
    "context": lambda block: _all(block.get("elements"), 10, lambda element: _is_text(element, 2_000)),
    "context_actions": lambda block: _all(block.get("elements"), 5, _is_feedback),
    "actions": lambda block: _all(
        block.get("elements"), 25, lambda element: _is_element(element) and element["type"] != "plain_text_input"
    ),
    "section": _is_section,
    "header": lambda block: _is_plain(block.get("text"), 150),
    "divider": lambda block: True,
    "input": _is_input,
}
_ELEMENTS: dict[str, Check] = {
    "button": _is_button,
    "static_select": _is_choice(100),
    "radio_buttons": _is_choice(10),
    "plain_text_input": _is_text_input,
}


def _all(elements: Any, most: int, check: Check) -> bool:
    return isinstance(elements, list) and 0 < len(elements) <= most and all(isinstance(each, dict) and check(each) for each in elements)


def _is_optional_id(holder: Block, name: str) -> bool:
    return name not in holder or _is_string(holder[name], _ID_CHARACTERS)


def _is_plain(text: Any, most: int) -> bool:
    return _is_text(text, most) and text["type"] == "plain_text"


def _is_text(text: Any, most: int) -> bool:
    return isinstance(text, dict) and text.get("type") in ("mrkdwn", "plain_text") and _is_string(text.get("text"), most)


def _is_string(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most


def _at_most(value: Any, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most
