"""The expressions of the dashboard, and how intents get their names."""

from panels import Query

OF_AGENT = 'tenant=~"$tenant", agent=~"$agent"'
INTENT = "tenant, agent, intent"


def rate(metric: str, by: str, matchers: str = OF_AGENT) -> str:
    """Return a counter's rate, summed by labels."""
    return f"sum by ({by}) (rate(groundswell_{metric}_total{{{matchers}}}[$__rate_interval]))"


def named(expr: str) -> Query:
    """Return a query whose series are called by their intents' names.

    An intent without a series of its own (`other`) has no name and is kept as it is. `topk`
    keeps one name where two workers still tell one, just after a partition moved.
    """
    info = f"topk by ({INTENT}) (1, groundswell_intent_info)"
    joined = f"({expr}) * on ({INTENT}) group_left (name) {info}"
    return f"{joined} or ({expr}) unless on ({INTENT}) groundswell_intent_info", "{{name}} {{intent}}"


def top(count: int, expr: str) -> Query:
    """Return the largest series, by name."""
    return named(f"topk({count}, {expr})")


def quantile(q: str, metric: str, legend: str, by: str = "le") -> Query:
    """Return a quantile of a histogram."""
    buckets = f"rate(groundswell_{metric}_seconds_bucket[$__rate_interval])"
    return f"histogram_quantile({q}, sum by ({by}) ({buckets}))", legend


FAILURES = f"agent_intent:groundswell_intent_failures:increase1h{{{OF_AGENT}}}"
DECIDED = f"agent_intent:groundswell_intent_decided:increase1h{{{OF_AGENT}}}"
FAILURE_RATIO = f"agent_intent:groundswell_intent_failures:ratio1h{{{OF_AGENT}}}"
SHARE = f"max by ({INTENT}) (groundswell_intent_share{{{OF_AGENT}}})"
UNASSIGNED = f"agent:groundswell_needs_unassigned:ratio1h{{{OF_AGENT}}}"
MIXED = f"sum by (agent) (groundswell_intents_mixed{{{OF_AGENT}}})"
COHESION = f"min by ({INTENT}) (groundswell_intent_cohesion{{{OF_AGENT}}})"
SEPARATION = f"min by ({INTENT}) (groundswell_intent_separation{{{OF_AGENT}}})"
AMBIGUITY = f"max by ({INTENT}) (groundswell_intent_ambiguity{{{OF_AGENT}}})"
FIRING = f"sum by (agent, kind) (groundswell_spikes_firing{{{OF_AGENT}}})"
PROPOSALS = f"sum by (agent, kind, status) (groundswell_proposals_total{{{OF_AGENT}}})"
AGE = "time() - max by (instance) (groundswell_last_event_timestamp_seconds > 0)"
ESCALATED = f'{OF_AGENT}, outcome="escalated"'
