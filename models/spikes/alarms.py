"""From statistics to alerts: what fires, escalates, and is resolved in a minute."""

from groundswell.models.minute import IntentMinute
from groundswell.models.spike import Spike, SpikeKind
from groundswell.models.spikes import slow_burn
from groundswell.models.spikes.detector import Evidence, Metric
from groundswell.models.spikes.event import Occasion, spike_of, users_of
from groundswell.models.spikes.lifecycle import (
    Alert,
    Reason,
    fingerprint_of,
    passes_gates,
    release_of,
)
from groundswell.models.spikes.settings import SpikeSettings
from groundswell.models.spikes.statistic import failure_threshold, volume_threshold
from groundswell.models.spikes.traffic import Traffic
from groundswell.models.spikes.watch import Watch
from groundswell.models.spikes.watches import Watches


class Alarms:
    """The alerts of one agent's intents. They are kept with the intents; this is what moves them."""

    def __init__(self, traffic: Traffic, watches: Watches, settings: SpikeSettings) -> None:
        self.traffic = traffic
        self.watches = watches
        self.settings = settings

    def is_new(self, watch: Watch) -> bool:
        """Return whether an intent came so lately, to an agent known by then, that it has no usual."""
        after_warm_up = watch.born >= self.traffic.first + self.settings.warm_up
        return after_warm_up and self.traffic.minute - watch.born < self.settings.new_for

    def is_known(self, watch: Watch, metric: Metric) -> bool:
        """Return whether there is enough of a past to compare *metric* with."""
        if metric is Metric.VOLUME:
            return self.traffic.warm
        return watch.baseline.decided >= self.settings.min_baseline_decided

    def threshold(self, metric: Metric, watch: Watch, minute: int) -> float:
        """Return what the statistic of *metric* must reach."""
        height = volume_threshold if metric is Metric.VOLUME else failure_threshold
        cooling = minute < watch.cool_until.get(metric, 0)
        base = height(self.traffic.tests, self.settings.false_alarms_per_week)
        return base + (self.settings.cool_down_margin if cooling else 0.0)

    def detect(self, message: IntentMinute, watch: Watch, metric: Metric) -> list[Spike]:
        """Return the alert that a minute's counts raise, or repeat because it grew."""
        alert = watch.alerts.get(metric)
        if alert is not None:
            evidence = watch.since(metric, alert.start, self.traffic.minute)
            return [self._event(message, watch, alert, evidence)] if alert.escalates(evidence) else []
        if not self.is_known(watch, metric):
            return []
        statistic, onset = watch.onset(metric, self.traffic.minute)
        if onset is None or statistic < self.threshold(metric, watch, self.traffic.minute):
            return []
        evidence = watch.since(metric, onset, self.traffic.minute)
        if not passes_gates(evidence, metric, users_of(watch, metric, onset.minute), self.settings):
            return []
        return [self._fire(message, watch, metric, evidence)]

    def _kind(self, watch: Watch, metric: Metric) -> SpikeKind:
        if metric is not Metric.VOLUME:
            return SpikeKind.FAILURE if metric is Metric.FAILURE else SpikeKind.SLOW_BURN
        return SpikeKind.EMERGING if self.is_new(watch) else SpikeKind.VOLUME

    def _fire(self, message: IntentMinute, watch: Watch, metric: Metric, evidence: Evidence) -> Spike:
        onset, minute = evidence.start.minute, self.traffic.minute
        who = (message.tenant, message.agent, watch.intent)
        alert = Alert(
            kind=self._kind(watch, metric),
            fingerprint=fingerprint_of(*who, metric, onset, watch.epoch),
            start=evidence.start,
            onset=onset,
            fired=minute,
            statistic=evidence.statistic,
            hour_begin=minute + 1,
            hour_observed=watch.monitor(metric).observed,
            hour_expected=watch.monitor(metric).expected,
        )
        event = self._event(message, watch, alert, evidence)
        watch.alerts[metric] = alert
        return event

    def _event(self, message: IntentMinute, watch: Watch, alert: Alert, evidence: Evidence) -> Spike:
        occasion = Occasion(message, self.traffic, self.watches, watch, "firing")
        return spike_of(occasion, alert, evidence, self._height(watch, alert), self.settings)

    def _height(self, watch: Watch, alert: Alert) -> float:
        if alert.kind is SpikeKind.SLOW_BURN:
            return 0.0
        metric = Metric.FAILURE if alert.kind is SpikeKind.FAILURE else Metric.VOLUME
        return self.threshold(metric, watch, alert.fired)

    def settle(self, message: IntentMinute) -> list[Spike]:
        """Return the alerts that ended before this minute: time passes for the quiet ones too."""
        spikes = []
        for watch in self.watches.all():
            for metric in (Metric.FAILURE, Metric.VOLUME):
                alert = watch.alerts.get(metric)
                if alert is None:
                    continue
                self.watches.touch(watch).settle(self.traffic.exposure)
                alert.watch(watch.monitor(metric), self.traffic.minute)
                reason = alert.ended(self.traffic.minute, self.settings)
                if reason is not None:
                    spikes.append(self.resolve(message, watch, metric, reason))
        return spikes

    def resolve(self, message: IntentMinute, watch: Watch, metric: Metric, reason: Reason) -> Spike:
        """End an alert: the past goes on as if it had not been, unless it became usual."""
        alert = watch.alerts[metric]
        ended = alert.end_minute(reason, self.traffic.minute)
        occasion = Occasion(message, self.traffic, self.watches, watch, "resolved", ended, reason)
        event = spike_of(
            occasion, alert, self._last(watch, metric, alert), self._height(watch, alert), self.settings
        )
        del self.watches.touch(watch).alerts[metric]
        watch.release(metric, release_of(alert.kind, reason))
        if metric is not Metric.SLOW_BURN:
            watch.cool_until[metric] = ended + self.settings.cool_down
        if watch.fines:
            self.watches.refresh(watch)
        return event

    def _last(self, watch: Watch, metric: Metric, alert: Alert) -> Evidence:
        if metric is Metric.SLOW_BURN:
            burn = slow_burn.burn_of(watch, self.traffic.hour_exposure)
            return slow_burn.evidence_of(burn, watch, alert.start, self.traffic.minute, self.settings)
        return watch.since(metric, alert.start, self.traffic.minute)

    def burn(self, message: IntentMinute, watch: Watch) -> list[Spike]:
        """Return the slow burn that new outcomes of *watch* begin to show."""
        exposure = self.traffic.hour_exposure
        burn = slow_burn.burn_of(watch, exposure)
        if Metric.SLOW_BURN in watch.alerts or not slow_burn.burns(burn, self.settings):
            return []
        if slow_burn.rank_of(burn, self._alarming(message), exposure) >= self.settings.slow_burn_top:
            return []
        start = watch.failure.mark(self.traffic.minute, watch.tally)
        evidence = slow_burn.evidence_of(burn, watch, start, self.traffic.minute, self.settings)
        return [self._fire(message, watch, Metric.SLOW_BURN, evidence)]

    def look(self, message: IntentMinute, spikes: list[Spike]) -> list[Spike]:
        """Tell the worst slow burn again, for a look at the agent, if its evidence has grown enough.

        *spikes* are those of this minute so far; they are returned with what came of it.
        """
        looks, exposure = self.traffic.looks, self.traffic.hour_exposure
        burning = [watch for watch in self.watches.all() if Metric.SLOW_BURN in watch.alerts]
        if not looks.due or not burning:
            return spikes
        looks.take(slow_burn.decided_of(self.watches.all()))
        burns = {watch.intent: slow_burn.burn_of(watch, exposure) for watch in burning}
        worst = min(burning, key=lambda watch: (-burns[watch.intent].score, watch.intent))
        alert = worst.alerts[Metric.SLOW_BURN]
        for place, spike in enumerate(spikes):
            if spike.fingerprint == alert.fingerprint and spike.status == "firing":
                return [*spikes[:place], spike.model_copy(update={"look": True}), *spikes[place + 1 :]]
        evidence = slow_burn.evidence_of(
            burns[worst.intent], worst, alert.start, self.traffic.minute, self.settings
        )
        alert.emitted += 1
        self.watches.touch(worst)
        again = self._event(message, worst, alert, evidence)
        return [*spikes, again.model_copy(update={"look": True})]

    def _alarming(self, message: IntentMinute) -> list[Watch]:
        """Return the intents that may raise an alarm: all but those that people dismissed."""
        return [watch for watch in self.watches.all() if watch.intent not in message.dismissed]

    def cool_burns(self, message: IntentMinute) -> list[Spike]:
        """Return the slow burns that subsided in the hour that was closed."""
        watches, exposure = self._alarming(message), self.traffic.hour_exposure
        spikes = []
        for watch in watches:
            if Metric.SLOW_BURN in watch.alerts:
                burn = slow_burn.burn_of(watch, exposure)
                if slow_burn.subsided(burn, slow_burn.rank_of(burn, watches, exposure), self.settings):
                    spikes.append(self.resolve(message, watch, Metric.SLOW_BURN, "subsided"))
        return spikes
