"""English words that say nothing about what a user wants: they never name an intent."""

STOPWORDS = frozenset(
    word
    for line in """
    a about above after again against ain all also am an and any anyone anything are aren as at be
    because been before being below between both but by can cannot can't could couldn did didn do does
    doesn doing don down during each else ever every few for from further get gets getting give go goes
    going gonna good got had hadn has hasn have haven having he her here hers him his how i if in into is
    isn it its itself just kind know let like made make many may me might mine more most much must my
    myself name no nor not now of off ok okay on once one only or other our ours out over own perhaps
    really said same say see seem she should shouldn show so some someone something sort still such sure
    take tell than that the their theirs them then there these they thing things think this those through
    to too try trying two under until up upon us use using very wanna want wanted wants was wasn way we
    well were weren what when where which while who whom whose why will with won would wouldn yes yet you
    your yours yourself able actually already always another around back best better call called currently
    done find first found gave happen happened happening however keep keeps lot maybe mean new next
    possible probably put quite rather right since soon time told today tomorrow understand whether
    i'm i've i'd i'll it's that's what's there's don't doesn't didn't won't isn't wasn't haven't hasn't
    couldn't wouldn't shouldn't aren't let's you're you've we're we've they're who's how's where's
    """.splitlines()
    for word in line.split()
)
GENERIC = frozenset(
    word
    for line in """
    help helping question questions hello hi hey please thanks thank need needs needed issue issues problem
    problems support assist assistance request requests information info anything bye goodbye morning
    afternoon evening welcome dear sir madam advise explain answer appreciate wondering hoping
    """.splitlines()
    for word in line.split()
)
