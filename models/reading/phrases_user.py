"""How users show friction, thanks and farewell, in English.

Read by hand on STAR, tau-bench and DBDC3 turns: 70 to 90 % of what fires is what it says; the note at
each rule names the look-alike that its exception keeps out.
"""

from groundswell.models.reading.phrases import PhraseRule, Signal, phrases, triggers

_CORRECTION = phrases(
    r"^(?:oh |ah |um,? |hmm,? |wait,? )*no+[,.!]* (?:not (?:that|the|this|what|my)"
    r"|i (?:meant|said|asked|wanted|was (?:asking|talking))|it(?:'s| is) (?:not|supposed)|the other"
    r"|that(?:'s| is| was)(?: really)? (?:not|wrong|incorrect)|that (?:isn't|wasn't)|wrong)\b",
    r"\bi (?:meant|asked (?:for|you|about|if)|said (?:i|that|it|to|the|my|no|not))\b",
    r"\bthat(?:'s| is| was)(?: really)? not (?:what (?:i|my)|right\b|correct|it\b|the one|the right|my )",
    r"\b(?:isn't|wasn't|not) what i (?:asked|want|said|mean|need|order)",
    r"\bi (?:didn't|did not|never) (?:ask|say|said|mean|order|request|order that)\b",
    r"\byou(?:'re| are)? (?:wrong|mistaken|not (?:listening|understanding|getting|answering))",
    r"\byou (?:misunderst\w+|got (?:it|that|this) wrong|forgot"
    r"|(?:didn't|did not|haven't) (?:answer|listen|understand|read|address))",
    r"\b(?:that|this) (?:is|was|isn't|seems) (?:wrong|incorrect|a mistake)\b",
    r"\bi(?:'ve| have)? already (?:told|said|gave|given|provided|mentioned|answered|explained|asked)",
    r"\b(?:as|like) i (?:just )?(?:said|mentioned|told)",
    r"\b(?:let me|i'll) (?:repeat|rephrase|clarify)\b",
    r"\b(?:but )?i (?:just )?told you\b",
    r"\byou already (?:said|asked|told)|^already said",
    r"\byou (?:gave|sent|booked|cancel+ed|ordered|charged) (?:me )?(?:the )?wrong",
)
_OWN_SLIP = phrases(r"\b(?:sorry|oops|my (?:bad|mistake)|i made a mistake|i (?:think|guess) i|i mean)\b")
_CORRECTION_TRIGGERS = triggers(
    "no noo nooo said meant asked asking told wrong incorrect mistake mistaken misunderstood "
    "forgot listening "
    "understanding getting answering answer listen understand read address ask say mean order request given "
    "gave provided mentioned answered explained repeat rephrase clarify right correct it one "
    "my that thats not"
)
_CHANGE_OF_MIND = phrases(
    r"(?:^|[.!?] )(?:oh,? |hmm,? |well,? |no,? )*actually,?\b(?! (?:not sure|don't remember))",
    r"^(?:oh,? |hmm,? |no,? )*wait\b",
    r"\b(?:changed|change) my mind\b",
    r"\bon second thought\b",
    r"\b(?:can|could|let's|how about|what about|rather|prefer|like|try)\b.{0,60}\binstead\b",
    r"\b(?:sorry|oops),? i (?:meant|mean)\b",
    r"\bhang on\b|^hold on\b",
    r"\bi made a mistake\b|\bmy mistake\b",
)
_ESCALATION = phrases(
    r"\b(?:speak|talk|chat|connect(?: me)?|transfer(?:red)?(?: me)?|put me through|hand (?:me"
    r"|this) over|switch me)\b"
    r" (?:\w+ ){0,3}(?:to|with)\b.{0,22}"
    r"\b(?:human|person|agent|representative|rep|manager|supervisor|someone|somebody|operator"
    r"|specialist|staff)\b",
    r"\b(?:a|an|your|the|any) (?:human|real|live|actual) (?:agent|person|being|representative"
    r"|operator|support)\b",
    r"\b(?:a|your|the|any) (?:manager|supervisor)\b",
    r"\b(?:get me|want|need|have) (?:a |an )(?:human|agent|representative)\b",
    r"\bescalate\b",
    r"\b(?:is there )?(?:someone|somebody|anyone) else (?:i|who|that) (?:can|could)\b",
    r"^(?:human|agent|operator|representative)[.! ]*$",
)
_NO_ESCALATION = phrases(
    r"(?:don't|do not|not|rather not|without|prefer not|before) (?:\w+ ){0,4}"
    r"(?:transfer\w*|escalat\w*|human|agent|another|supervisor|involv\w+)",
    r"\A.{0,30}(?:are you|do you have|you seem)",  # "are you a real person?"
)
_DISSATISFACTION = phrases(
    r"\b(?:frustrat\w+|annoy(?:ed|ing)|ridiculous|unacceptable|terrible|horrible|useless|worthless|pathetic"
    r"|disappoint\w+|outrageous|absurd|fed up|sick of|nonsense|bullshit|wtf|not helpful|unhelpful|no help\b"
    r"|not fair|unfair|rip ?off|waste of (?:my )?time|wasting my time)\b",
    r"\bi(?:'m| am)(?: really| so| very| pretty| quite)? (?:upset|angry|pissed|mad|unhappy)\b",
    r"\bi (?:really )?hate\b",
    r"\b(?:this|it|that) (?:really )?sucks\b|\bthe worst\b",
    r"\bthis is (?:a joke|taking (?:too|so|forever)|crazy|insane|not (?:ok\b|okay|good|acceptable|working))",
    r"\bnot (?:happy|satisfied|good enough|acceptable|impressed)\b",
    r"\b(?:are you|you've got to be) (?:kidding|serious|joking|deaf|even listening)\b",
    r"\byou(?:'re| are) not (?:helping|going to help|making (?:any )?sense)|\byou (?:can't|didn't"
    r"|won't) help\b"
    r"|\byou(?:'re| are) (?:boring|rude|stupid|useless)",
    r"^(?:ugh|come on|seriously)\b",
)
_ABOUT_ONESELF = phrases(
    r"\b(?:i'm|i am|i feel|my (?:memory|brain|bad|day|life|boss|head)\b.{0,12})(?: \w+){0,2} "
    r"(?:idiot|stupid|dumb|terrible|awful|hell)",
    r"\bi (?:don't|didn't) (?:want|mean) to be (?:rude|annoying)",
)
_CONFUSION = phrases(
    r"\bwhat do you mean\b",
    r"\bi (?:don't|do not|didn't|can't) (?:understand|get (?:it|that|what))\b",
    r"\b(?:i'm|im|i am) (?:so |really |a bit )?confused\b",
    r"\b(?:doesn't|does not|don't|do not|not|didn't)(?: \w+){0,2} mak(?:e|ing)(?: any)? sense\b"
    r"|\bmakes? no sense\b",
    r"^(?:what|huh|uh|pardon|excuse me)\s*[?!]+",
    r"\b(?:what|who) (?:the \w+ )?are you (?:talking|saying|referring|going on)\b",
    r"\bwhat does that (?:mean|have to do)\b",
)
_GIVE_UP = phrases(
    r"\b(?:forget (?:it|about it|this)|never ?mind|i give up"
    r"|(?:thanks|thank you|thank u)(?: so much)?(?: for (?:your|the) \w+)?,? any ?ways?"
    r"|thanks for (?:trying|nothing)|no use|you're not going to help"
    r"|i(?:'ll| will) (?:just )?(?:go|try|look|check|figure|find|call|ask|do) (?:\w+ ){0,3}"
    r"(?:else(?:where)?|another|myself|on my own|other (?:place|hotel|option|day)|back later|again later)"
    r"|guess (?:not|there's nothing))\b",
)
_LETDOWN = phrases(
    r"\b(?:that's (?:too bad|unfortunate|a shame|disappointing)|too bad|oh well|bummer|oh no)\b"
)
_THANKS = phrases(
    r"\b(?:thanks|thank (?:you|u)|thankyou|thx|appreciate (?:it|your|the)|great job|awesome|perfect|excellent"
    r"|wonderful)\b"
)
_FAREWELL = phrases(
    r"\b(?:bye|goodbye|good bye|have a (?:good|great|nice|wonderful|lovely)|take care|see you)\b",
    r"\bthat(?:'s| is| will be|'ll be) (?:all|it|everything)\b",
    r"\bnothing else\b",
    r"\bno(?:,|\.)? (?:thank|thanks|that's|that is|nothing|i'm (?:good|fine|all set))",
    r"\ball set\b|\bi'm good\b|\bthat was (?:all|it)\b",
)

USER_RULES = (
    PhraseRule(Signal.CORRECTION, _CORRECTION_TRIGGERS, _CORRECTION, unless=_OWN_SLIP),
    PhraseRule(
        Signal.CHANGE_OF_MIND,
        triggers("actually wait mind second instead sorry oops hang hold mistake"),
        _CHANGE_OF_MIND,
    ),
    # "Sorry, I meant Tuesday": the user's own slip is no repair of the agent's.
    PhraseRule(Signal.CHANGE_OF_MIND, triggers("sorry oops my i"), _CORRECTION, also=_OWN_SLIP),
    PhraseRule(
        Signal.ESCALATION,
        triggers(
            "human person agent representative rep manager supervisor someone somebody anyone operator "
            "specialist staff escalate real live actual"
        ),
        _ESCALATION,
        unless=_NO_ESCALATION,
    ),
    PhraseRule(
        Signal.DISSATISFACTION,
        triggers(
            "frustrated annoyed ridiculous unacceptable terrible horrible useless worthless pathetic "
            "disappointed outrageous absurd fed sick nonsense bullshit wtf helpful unhelpful help fair "
            "unfair rip "
            "ripoff waste wasting upset angry pissed mad unhappy hate sucks worst joke taking crazy "
            "insane not "
            "kidding serious joking deaf listening helping making boring rude stupid ugh come seriously"
        ),
        _DISSATISFACTION,
        unless=_ABOUT_ONESELF,
    ),
    PhraseRule(
        Signal.CONFUSION,
        triggers(
            "mean understand get confused sense what huh uh pardon excuse talking saying referring going"
        ),
        _CONFUSION,
    ),
    PhraseRule(
        Signal.GIVE_UP,
        triggers(
            "forget never nevermind give any anyway anyways trying nothing use going "
            "else elsewhere another myself own other later guess"
        ),
        _GIVE_UP,
    ),
    PhraseRule(Signal.LETDOWN, triggers("bad unfortunate shame disappointing well bummer no"), _LETDOWN),
    PhraseRule(
        Signal.THANKS,
        triggers("thanks thank thankyou thx appreciate great awesome perfect excellent wonderful"),
        _THANKS,
    ),
    PhraseRule(
        Signal.FAREWELL,
        triggers("bye goodbye have take see that thats thatll nothing no all im"),
        _FAREWELL,
    ),
)
