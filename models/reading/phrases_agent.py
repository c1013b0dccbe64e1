"""How agents refuse, apologise, report completion, hand over and close, in English."""

from groundswell.models.reading.phrases import PhraseRule, Signal, phrases, triggers

_REFUSAL = phrases(
    r"\b(?:i'm|i am|we're|we are|we|i)(?: \w+){0,2} (?:unable to|not able to|cannot|can't|can not"
    r"|couldn't|could not"
    r"|not (?:permitted|allowed|authorized) to|won't be able to"
    r"|(?:don't|do not) have (?:the ability|access|permission|a way|any))\b",
    r"\b(?:unfortunately|regrettably|i'm afraid|i am afraid)\b",
    r"\b(?:is|are|it's|was) not (?:possible|available|allowed|permitted|eligible|supported|able|an option)\b",
    r"\b(?:isn't|aren't|not) (?:possible|eligible|allowed|permitted|supported)\b",
    r"\b(?:cannot|can't|can not) be (?:\w+ ){0,2}(?:changed|modified|cancel\w*|refunded|processed|exchanged"
    r"|returned|added|removed|made|done|upgraded)\b",
    r"\boutside (?:of )?(?:my|the scope|our)\b",
    r"\bagainst (?:our |the )?policy\b|\bpolicy (?:does not|doesn't|prevents|prohibits)\b",
    r"\b(?:failed|unsuccessful|denied|declined|rejected)\b",
    r"\bi can only\b",
    r"\bno (?:available|longer|results?|restaurants?|hotels?|apartments?|flights?)\b",
    r"\bnot find any\b",
    r"\b(?:couldn't|could not|cannot|can't|didn't|unable to) (?:find|locate|verify|authenticate)\b",
)
_UNCERTAINTY = phrases(
    r"\bi (?:don't|do not|didn't|did not) (?:know|understand|get (?:that|it)|have (?:that|an answer)"
    r"|quite)\b",
    r"\bi'm not sure (?:what|i|how|that)\b",
    r"\b(?:could|can|would) you (?:please )?(?:rephrase|repeat|clarify|explain|say that)\b",
    r"\bnot sure (?:what you|i understand)\b",
    r"\bi am confused\b|\bi'm confused\b",
    r"\bi can't help\b|\bi cannot help\b",
)
_APOLOGY = phrases(r"\b(?:sorry|apolog\w+|regret)\b")
_OFFER = phrases(
    r"\b(?:would you like|do you want|shall i|should i|if you(?:'d)? (?:like|want|prefer|wish)|let me know if"
    r"|i (?:can|could|may|recommend)|you (?:can|could|may|might|will need to|would need to)"
    r"|(?:need|have) to (?:be )?transfer)\b"
)
_HANDOFF_WORDS = (
    r"\b(?:transferr?(?:ed|ing)?|connect(?:ed|ing)?|escalat(?:e|ed|ing)|hand(?:ed|ing)?(?: you)? over"
    r"|forward(?:ed|ing)?)\b.{0,60}"
    r"\b(?:human|agent|representative|specialist|supervisor|manager|colleague|team|department"
    r"|someone|person)\b"
)
_HANDOFF_PERFORMED = phrases(
    r"\b(?:you are|you're|you will be|you have been|you've been|i(?:'m| am)|i(?:'ve| have)|i(?:'ll"
    r"| will)|let me"
    r"|now|has been|have been|i will be)"
    r"(?: (?:now|being|be|go ahead and|proceed to|initiate|initiated|initiating|going to"
    r"|successfully|also)){0,3}"
    r" (?:the )?(?:transfer\w*|connect\w*|escalat\w*|forward\w*|hand\w*)\b"
)
_HANDOFF_TRIGGERS = triggers("transfer connect escalate forward hand handed handing")
_ACTS = (
    r"booked|scheduled|confirmed|cancel+ed|complete\w*|processed|updated|changed|modified|initiated|submitted"
    r"|returned|exchanged|refunded|placed|added|issued|approved|upgraded|reserved|made|sent|removed|applied"
    r"|rebooked|switched"
)
_COMPLETION = phrases(
    rf"\b(?:has|have) been (?:\w+ ){{0,2}}(?:{_ACTS})\b",
    rf"\bsuccessful(?:ly (?:\w+ )?(?:{_ACTS}))?\b",
    r"\b(?:is|are) (?:now )?(?:booked|scheduled|confirmed|complete|reserved|all set)\b",
    r"\b(?:booked|scheduled|reserved|confirmed|done) for you\b",
    r"\byou(?:'re| are) (?:all )?(?:set|booked|confirmed)\b",
    r"\bi(?:'ve| have) (?:\w+ ){0,3}(?:booked|scheduled|cancel+ed|processed|updated|changed|modified"
    r"|submitted"
    r"|placed|added|issued|sent|reserved|completed|exchanged|removed|marked)\b",
    r"\bplease enjoy\b|\bwill knock on\b|^(?:ok(?:ay)?,? )?(?:done|booked)[.! ]*$|\bgreat,? your\b",
)
# A step on the way, a condition or an offer is no completion.
_NOT_COMPLETION = phrases(
    r"\bsuccessfully (?:located|authenticated|verified|retrieved|found|identified|confirmed your identity)",
    r"\b(?:not|(?:has|have|is|are|was|were|could|would|did)n't|once|if|when|after|before|unless"
    r"|until|to be|would"
    r"|will|can|could|may|unsuccessful\w*) (?:\w+ ){0,4}(?:has|have|been|be|is|are|success)\b",
    r"\b(?:would you like|do you want|shall|should i)\b",
)
_ANYTHING_ELSE = phrases(
    r"\b(?:anything|something) else\b",
    r"\bfurther (?:assistance|help|questions)\b",
    r"\bany other (?:request|question)",
    r"\bmore (?:questions|help)\b",
)

#: Read in the opening of a turn only: further down, the words mostly belong to explanations.
OPENING_RULES = (
    PhraseRule(
        Signal.REFUSAL,
        triggers(
            "unable not cannot cant couldnt didnt wont dont isnt arent doesnt unfortunately "
            "regrettably afraid "
            "outside policy failed unsuccessful denied declined rejected only no"
        ),
        _REFUSAL,
    ),
    PhraseRule(
        Signal.UNCERTAINTY,
        triggers("know understand get have quite sure rephrase repeat clarify explain say confused help"),
        _UNCERTAINTY,
    ),
    PhraseRule(Signal.APOLOGY, triggers("sorry apologize regret"), _APOLOGY),
)
WHOLE_RULES = (
    PhraseRule(
        Signal.COMPLETION,
        triggers(
            "been successful successfully booked scheduled reserved confirmed done complete set ive "
            "have enjoy "
            "knock great"
        ),
        _COMPLETION,
        unless=_NOT_COMPLETION,
        by_sentence=True,
    ),
    PhraseRule(
        Signal.HANDOFF,
        _HANDOFF_TRIGGERS,
        _HANDOFF_PERFORMED,
        also=phrases(_HANDOFF_WORDS, "hold on"),
        unless=_OFFER,
        by_sentence=True,
    ),
    PhraseRule(
        Signal.HANDOFF_OFFER, _HANDOFF_TRIGGERS, phrases(_HANDOFF_WORDS), also=_OFFER, by_sentence=True
    ),
    PhraseRule(Signal.ANYTHING_ELSE, triggers("else further other more"), _ANYTHING_ELSE),
)
