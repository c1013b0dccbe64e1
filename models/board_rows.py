"""The rows of the board, from the JSON of the events that they are about."""

from collections.abc import Mapping
from typing import Any

from groundswell.models.board_view import (
    TALLIED,
    AnswerRow,
    CalibrationRow,
    EvidenceRow,
    ProposalRow,
    SpikeRow,
    Tally,
    WithheldRow,
)
from groundswell.models.json_value import items, mapping, number, text, texts, whole

Json = Mapping[str, Any]

#: Characters that are kept of a name, of an id or enumerated word, and of a diff.
NAME = 200
WORD = 64
MAX_DIFF = 40_000
MAX_EVIDENCE = 20


def tally_of(count: Json) -> Tally:
    """Return what a minute counted of one fine intent."""
    return Tally(**{name: whole(count.get(name)) for name in TALLIED})


def answer_row(value: Json) -> AnswerRow:
    """Return the row of an `intent.command` event."""
    limits = {"command_id": 256, "command": WORD, "actor": NAME, "status": WORD, "reason": WORD}
    limits |= {"detail": 400, "time": WORD}
    return AnswerRow(**{name: text(value.get(name), most) for name, most in limits.items()})


def calibration_row(state: Json) -> CalibrationRow:
    """Return the row of one partition's calibration, as a minute tells it."""
    return CalibrationRow(
        partition=whole(state.get("partition")),
        told=whole(state.get("told")),
        thumbs=whole(state.get("thumbs")),
        intercept=number(state.get("intercept")) or 0.0,
        slope=number(state.get("slope")) or 0.0,
        error=number(state.get("error")),
    )


def spike_row(value: Json) -> SpikeRow:
    """Return the row of an `intent.spike` event."""
    return SpikeRow(
        fingerprint=text(value.get("fingerprint"), WORD),
        tenant=text(value.get("tenant"), WORD),
        agent=text(value.get("agent"), WORD),
        intent_id=text(value.get("intent_id"), WORD),
        intent_name=text(value.get("intent_name"), NAME),
        kind=text(value.get("kind"), WORD),
        status=text(value.get("status"), WORD),
        severity=text(mapping(value.get("labels")).get("severity"), WORD),
        summary=text(mapping(value.get("annotations")).get("summary")),
        onset_minute=whole(value.get("onset_minute")),
        detected_minute=whole(value.get("detected_minute")),
        starts_at=text(value.get("startsAt"), WORD),
        ends_at=text(value.get("endsAt"), WORD),
        observed=number(value.get("observed")),
        expected=number(value.get("expected")),
        ratio=number(value.get("ratio")),
        ratio_low=number(value.get("ratio_low")),
        ratio_high=number(value.get("ratio_high")),
        conversations=whole(value.get("conversations")),
        users=whole(value.get("users")),
        share_before=number(value.get("share_before")),
        share_after=number(value.get("share_after")),
        failure_rate=number(value.get("failure_rate")),
        markers=tuple(_marker(mapping(item)) for item in items(value.get("release_markers"))[:8]),
    )


def proposal_row(value: Json) -> ProposalRow:
    """Return the row of a `change.proposed` event."""
    intent, change, impact = (mapping(value.get(part)) for part in ("intent", "change", "impact"))
    diagnosis, evidence, score = (mapping(value.get(part)) for part in ("diagnosis", "evidence", "score"))
    return ProposalRow(
        proposal_id=text(value.get("proposal_id"), WORD),
        tenant=text(value.get("tenant_id"), WORD),
        agent=text(value.get("agent_id"), WORD),
        title=text(value.get("title"), NAME),
        summary=text(value.get("summary")),
        status=text(value.get("status"), WORD),
        time=text(value.get("time"), WORD),
        intent_id=text(intent.get("id"), WORD),
        intent_name=text(intent.get("name"), NAME),
        trigger=text(mapping(value.get("trigger")).get("kind"), WORD),
        kind=text(change.get("kind"), WORD),
        path=text(change.get("path"), 400),
        base_digest=text(change.get("base_digest"), WORD),
        diff=text(change.get("unified_diff"), MAX_DIFF),
        lines_added=whole(change.get("lines_added")),
        lines_removed=whole(change.get("lines_removed")),
        failure_class=text(diagnosis.get("class"), WORD),
        mechanism=text(diagnosis.get("mechanism")),
        lever=text(diagnosis.get("lever"), WORD),
        confirmed=diagnosis.get("confirmed") is True,
        evidence_total=whole(evidence.get("total")),
        evidence=tuple(_evidence(mapping(item)) for item in items(evidence.get("items"))[:MAX_EVIDENCE]),
        gate=_figures(value.get("gate")),
        score=number(score.get("value")),
        rank=whole(score.get("rank")),
        conversations=whole(impact.get("conversations")) or None,
        share=number(impact.get("share")),
        backtest=_backtest(mapping(value.get("backtest"))),
        expectation=_expectation(mapping(value.get("expectation"))),
        owners=texts(mapping(value.get("review")).get("owners"), 8),
    )


def withheld_row(value: Json) -> WithheldRow:
    """Return the row of a `change.withheld` event."""
    intent = mapping(value.get("intent"))
    return WithheldRow(
        id=text(value.get("id"), WORD),
        tenant=text(value.get("tenant_id"), WORD),
        agent=text(value.get("agent_id"), WORD),
        intent_id=text(intent.get("id"), WORD),
        intent_name=text(intent.get("name"), NAME),
        reason=text(value.get("reason"), 80) or "unknown",
        pattern=text(value.get("pattern")),
        brief=text(value.get("brief"), 4_000),
        path=text(value.get("target_path"), 400),
        time=text(value.get("time"), WORD),
        gate=_figures(value.get("gate")),
    )


def _marker(marker: Json) -> str:
    return f"{text(marker.get('kind')).replace('_', ' ')} {text(marker.get('value'), 80)}".strip()


def _evidence(item: Json) -> EvidenceRow:
    return EvidenceRow(
        conversation_id=text(item.get("conversation_id"), 256),
        url=text(item.get("url")),
        excerpt=text(item.get("excerpt_redacted"), 600),
    )


def _figures(gate: Any) -> dict[str, float]:
    figures = {text(name): number(value) for name, value in mapping(gate).items()}
    return {name: value for name, value in figures.items() if value is not None}


def _backtest(backtest: Json) -> str:
    motivating, golden = mapping(backtest.get("motivating")), mapping(backtest.get("golden"))
    status = text(backtest.get("status"))
    if status not in ("passed", "failed"):
        return status
    fixed, n = whole(motivating.get("fixed")), whole(motivating.get("n"))
    return f"{status}: fixed {fixed} of {n}, golden {whole(golden.get('passed'))} of {whole(golden.get('n'))}"


def _expectation(expectation: Json) -> str:
    baseline, target = number(expectation.get("baseline")), number(expectation.get("target"))
    metric = text(expectation.get("metric"), 80).replace("_", " ")
    if not metric or baseline is None or target is None:
        return ""
    return f"{metric} {baseline:.2f} → {target:.2f} over {whole(expectation.get('min_sample'))} conversations"
