"""What every section of the settings has in common."""

from typing import Final

from pydantic import BaseModel, ConfigDict, SecretStr

NO_SECRET: Final = SecretStr("")


class Section(BaseModel):
    """A frozen group of settings; an unknown key is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid")
