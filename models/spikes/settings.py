"""What an operator may turn: how many false alarms a week are bearable, and the gates."""

from dataclasses import dataclass

HOUR = 60
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class SpikeSettings:
    """Durations are minutes of event time unless the name says otherwise.

    The threshold rises by 2.5 nats (about 15 % of the delay) for every tenfold of
    intents or of strictness, so the default asks for one false alarm in ten weeks.
    """

    false_alarms_per_week: float = 0.1  #: per agent, over all of its intents
    warm_up: int = DAY  #: an agent younger than this has no volume or emerging alerts,
    warm_up_conversations: int = 300  #: nor one with fewer conversations than this
    cautious_days: float = 14.0  #: until then counts are taken to be noisier than measured
    new_for: int = DAY  #: an intent first seen less than this ago has no baseline: it emerges
    min_conversations: int = 10  #: since the onset
    min_users: int = 5  #: since the onset
    min_ratio: float = 1.3  #: of observed to expected, lower end of the 90 % interval
    min_baseline_decided: int = 20  #: decided conversations behind a failure baseline
    cool_down: int = 6 * HOUR  #: after an alert is resolved,
    cool_down_margin: float = 5.0  #: unless the statistic exceeds its threshold by so many nats
    rebase_after: int = 7 * DAY  #: an alert open for so long is the new normal
    slow_burn_decided: int = 6  #: least evidence of a slow burn, in decided conversations of the intent
    slow_burn_rate: float = 0.25  #: failure rate that its lower bound must exceed
    slow_burn_top: int = 3  #: how many intents of an agent may burn slowly at once
    runbook_url: str = ""  #: {intent} is replaced by the intent's id
    examples_url: str = ""  #: likewise
