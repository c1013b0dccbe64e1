"""What kind of act a user's words are, whatever the topic: the gate's surface features."""

import math

from groundswell.models.reading.language import spoken
from groundswell.models.reading.wording import Wording

FEATURES = (
    "log words",
    "at most 2 words",
    "at most 5 words",
    "share of words with a digit",
    "short with a digit",
    "question mark",
    "starts as a question",
    "starts as an imperative",
    "says what is wanted",
    "asks the agent to act or tell",
    "names a problem",
    "no asking form",
    "small talk",
    "names nothing",
    "social word",
    "starts with yes or no",
    "identifies the user",
)


def surface(wording: Wording) -> list[float]:
    """Return the features that `FEATURES` names, each from 0 to 3.5."""
    plain, words = wording.plain, wording.words
    read_in = [language.acts for language in spoken(words)]
    digits = sum(1 for word in words if not word.isalpha() and any(map(str.isdigit, word)))
    shape = [
        min(math.log1p(len(words)), 3.5),
        float(len(words) <= 2),
        float(len(words) <= 5),
        digits / max(len(words), 1),
        float(len(words) <= 6 and digits > 0),
    ]
    requests = [
        any(acts.imperative.search(plain) for acts in read_in),
        any(acts.wants.search(plain) for acts in read_in),
        any(acts.asks.search(plain) for acts in read_in),
        any(acts.problems.search(plain) for acts in read_in),
    ]
    personal = any(acts.personal.search(plain) for acts in read_in)
    # "Have you ever been there?" asks for nothing.
    asks = any(requests[1:]) or not personal
    forms = [
        asks and wording.has_question_mark,
        asks and any(acts.question.search(plain) for acts in read_in),
        *requests,
    ]
    manners = [
        not any(forms),
        personal or any(acts.small_talk.search(plain) for acts in read_in),
        any(acts.vague.search(plain) for acts in read_in),
        any(acts.social.search(plain) for acts in read_in),
        any(acts.yes_no.search(plain) for acts in read_in),
        any(acts.identity.search(plain) for acts in read_in),
    ]
    return shape + [float(form) for form in forms + manners]
