"""How a training goes: epochs, the best of them, and when it has gone wrong."""

import pytest

from bot.errors import Refused
from finetune.course import Course


def course(*losses: float, validation: tuple[float, ...] = ()) -> Course:
    """Return a course of two steps an epoch."""
    made = Course(2, "fp32", validation=list(validation))
    for loss in losses:
        made.note(loss, counted=3, tokens=10)
    return made


def test_epochs_are_counted_in_steps() -> None:
    """A checkpoint stands at the end of each."""
    assert [course(*[1.0] * count).epoch for count in range(4)] == [1, 1, 2, 2]
    assert [course(*[1.0] * count).epoch_ended for count in range(4)] == [False, False, True, False]


def test_an_epochs_loss_weighs_tokens() -> None:
    """Two long answers and a short one are not three alike."""
    made = course()
    made.note(1.0, counted=1, tokens=5)
    made.note(4.0, counted=2, tokens=5)
    made.note(7.0, counted=2, tokens=5)

    assert made.epoch_losses() == (3.0, 7.0)
    assert made.tokens == 15


def test_the_best_epoch_is_the_earliest_of_the_least() -> None:
    """Whatever came after it only learnt by heart."""
    assert course(*[1.0] * 6, validation=(3.0, 2.0, 2.0)).best_epoch == 2
    assert course(*[1.0] * 5).best_epoch == 2


def test_patience_ends() -> None:
    """Counted in epochs since the best."""
    made = course(*[1.0] * 6, validation=(1.0, 2.0, 3.0))

    assert [made.patience_spent(patience) for patience in (0, 1, 2, 3)] == [False, True, True, False]
    assert not course(1.0).patience_spent(1)


def test_it_comes_back_as_it_was() -> None:
    """From the checkpoint's state."""
    made = course(1.0, 2.0, 3.0, validation=(0.5,))

    assert Course.resumed(made.to_dict()) == made
    assert made.curves().validation == ((2, 0.5),)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_no_number_is_refused(loss: float) -> None:
    """It never comes back from there."""
    with pytest.raises(Refused, match=r"diverged at step 1 .*no number"):
        course(loss)


def test_a_loss_far_above_its_beginning_is_refused() -> None:
    """A single wild batch is not."""
    course(*[1.0] * 19, 9.0, *[1.0] * 10)

    with pytest.raises(Refused, match=r"rose from 1\.00 to"):
        course(*[1.0] * 20, *[9.0] * 10)


def test_what_runs_away_at_once_is_refused() -> None:
    """As with a learning rate far too high: its first steps are wild, and then every word is as likely as another."""
    with pytest.raises(Refused, match=r"step 10 .*rose from 2\.99 to 1\d"):
        course(2.99, 78.0, *[10.8] * 8)


def test_a_model_that_has_learnt_nothing_yet_may_begin_high() -> None:
    """One from scratch begins with all words alike."""
    course(*[10.8] * 40)
