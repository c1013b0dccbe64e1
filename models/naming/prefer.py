"""Which phrase goes before the best one: what says more of it, or what is to be done."""

from collections.abc import Sequence

from groundswell.models.naming.phrase import Phrase, rank
from groundswell.models.naming.rules import faults, sentence_case
from groundswell.models.naming.sense import DENYING
from groundswell.models.naming.weights import MANY, Weights

_FULLER = 0.6  # of the best's worth: a phrase that says more of a thing goes before its bare name ...
_OFTEN = 0.15  # ... if so many of the turns say each further word
_ACTING = 0.7  # of it: so does one that says what is to be done
_ACTING_FEW = 0.05  # ... or this, where there are few turns: what is rare is then what one user says
_TOLD_FEW = 0.4  # times what the others are worth then
_SEVERAL = 0.4  # of the turns: what so many say is no one's own


def preferred(found: Sequence[Phrase], weights: Weights) -> Sequence[Phrase]:
    """Return phrases with the one before a bare name of a thing, the best, that says more of that thing.

    Not "disposable cards", where many ask for the "limit on disposable cards". Of few turns, those that say
    what is to be done go before all others but denials and what several turns say.
    """
    if not found or found[0].acts:
        return found
    best = found[0]
    if weights.turns < MANY and DENYING not in best.stems and not _said_by_several(best, weights):
        return _acting(found)
    bare = not best.told and DENYING not in best.stems
    for one in found:
        if one.score < _FULLER * best.score:
            break
        more = one.stems - best.stems - {DENYING}
        fuller = best.stems < one.stems and all(weights.share(stem) >= _OFTEN for stem in more)
        if fuller or (bare and one.acts and one.score >= _ACTING * best.score):
            first = one._replace(score=best.score) if fuller else one
            return [first, *(other for other in found if other is not one)]
    return found


def _said_by_several(phrase: Phrase, weights: Weights) -> bool:
    least = max(2, _SEVERAL * weights.turns)
    return not phrase.mine and all(weights.common.get(one, 0) >= least for one in phrase.stems)


def _acting(found: Sequence[Phrase]) -> Sequence[Phrase]:
    """Return phrases, those that say what is to be done before others, unless they are worth far less.

    What is rare in few turns is what one user says: "anxious to get sorted", "grill after all".
    """
    best = found[0].score
    first = next((one for one in found if one.acts and not faults(sentence_case(one.text))), None)
    if first is None or first.score < _ACTING_FEW * best:
        return found
    raised = best / first.score
    return sorted((one._replace(score=one.score * _times(one, raised)) for one in found), key=rank)


def _times(phrase: Phrase, raised: float) -> float:
    if phrase.acts:
        return raised
    return 1.0 if DENYING in phrase.stems else _TOLD_FEW
