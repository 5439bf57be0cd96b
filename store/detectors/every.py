"""All detectors in their order: an earlier one keeps a later one from reading its find as something else."""

from functools import cache

from store.detectors.contacts import detect_emails, detect_ips, detect_markup
from store.detectors.numbers import detect_cards, detect_cnpjs, detect_cpfs, detect_ibans, iban_length
from store.detectors.papers import detect_pix_keys, detect_plates, detect_rgs
from store.detectors.people import detect_introductions
from store.detectors.phones import detect_phones, load_number_formats
from store.detectors.secrets import detect_secrets
from store.detectors.streets import detect_addresses
from store.personal_data import Detect


@cache
def detectors() -> tuple[Detect, ...]:
    """Return the detectors in their order."""
    return (
        detect_markup,
        detect_secrets,
        detect_pix_keys,
        detect_emails,
        detect_ibans,
        detect_cards,
        detect_cnpjs,
        detect_cpfs,
        detect_rgs,
        detect_addresses,
        detect_ips,
        detect_plates,
        detect_phones,
        detect_introductions,
    )


def warm_up() -> None:
    """Load from disk what the detectors would otherwise load in the middle of a question."""
    load_number_formats()
    iban_length("BR")
