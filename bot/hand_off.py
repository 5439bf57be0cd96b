"""Who is asked where the bot does not know: an address or a channel, for each platform and channel as the operator set it."""

from collections.abc import Sequence

from bot.messages import Place
from bot.settings import HandOff


def hand_off_of(hand_offs: Sequence[HandOff], place: Place) -> str:
    """Return where a person can be asked at *place*: what names its channel goes before what names its platform; empty for nowhere."""
    channels = ("", place.parent, place.channel)
    fitting = [each for each in hand_offs if each.platform in ("", place.platform) and each.channel in channels]
    best = max(fitting, key=lambda each: (bool(each.channel), each.channel == place.channel, bool(each.platform)), default=None)
    return best.to if best else ""
