"""All watched intents of an agent, each in a slot of the store that is reused when it vanishes."""

from collections.abc import Iterable
from itertools import count

from groundswell.models.spikes.detector import Metric
from groundswell.models.spikes.fine import FineBaseline
from groundswell.models.spikes.lifecycle import release_of
from groundswell.models.spikes.regroup import Plan
from groundswell.models.spikes.settings import HOUR, SpikeSettings
from groundswell.models.spikes.traffic import Traffic
from groundswell.models.spikes.watch import Watch

#: Agents younger than a fortnight: hourly noise is assumed to be at least this.
CAUTIOUS_DISPERSION = 0.07
#: A fine intent with less than this of a conversation left is forgotten.
FORGOTTEN = 0.05
#: A fine intent born no more hours ago still has its head start.
YOUNG_HOURS = 24


class Watches:
    """The intents by id, and the fine intents' homes. ``dirty`` are the slots that changed."""

    def __init__(self, traffic: Traffic, settings: SpikeSettings) -> None:
        self.traffic = traffic
        self.settings = settings
        self.by_intent: dict[str, Watch] = {}
        self.home: dict[str, str] = {}
        self.dirty: set[int] = set()

    def all(self) -> list[Watch]:
        """Return them in order of ids."""
        return [watch for _, watch in sorted(self.by_intent.items())]

    def named(self, intents: Iterable[str]) -> list[Watch]:
        """Return those of *intents* that are watched, in order of ids."""
        return [self.by_intent[intent] for intent in sorted(set(intents)) if intent in self.by_intent]

    def touch(self, watch: Watch) -> Watch:
        """Note that *watch* changes."""
        self.dirty.add(watch.slot)
        return watch

    def put_back(self, watch: Watch) -> None:
        """Add a watch that was restored."""
        self.by_intent[watch.intent] = watch
        self.home.update(dict.fromkeys(watch.fines, watch.intent))
        self.refresh(watch)

    def refresh(self, watch: Watch) -> None:
        """Derive its baseline for the current hour."""
        young = self.traffic.days < self.settings.cautious_days
        watch.refresh(self.traffic.hour, CAUTIOUS_DISPERSION if young else 0.0)

    def remove(self, watch: Watch) -> None:
        """Free the slot of an intent without fine intents."""
        self.touch(watch)
        del self.by_intent[watch.intent]

    def drop_forgotten(self) -> None:
        """Drop the fine intents that nobody has come to for months."""
        for watch in self.all():
            for fine, past in list(watch.fines.items()):
                if not watch.alerts and past.volume.total < FORGOTTEN and past.outcomes.decided < FORGOTTEN:
                    del watch.fines[fine], self.home[fine]
            if not watch.fines:
                self.remove(watch)

    def apply(self, plan: Plan) -> list[Watch]:
        """Carry out *plan*; return the intents whose fine intents left or came, emptied ones included."""
        concerned = [fine for fine, *_ in (*plan.folded, *plan.moved)] + plan.dropped
        changed = {self.home[fine] for fine in concerned if fine in self.home}
        for watch in self.named(
            {*changed, *(intent for *_, intent in (*plan.folded, *plan.moved, *plan.born))}
        ):
            self.touch(watch).settle(self.traffic.exposure)
        for fine, successor, intent in plan.folded:
            changed |= self._fold(fine, successor, intent)
        for fine, intent in plan.moved:
            changed |= self._carry(fine, fine, intent)
        for fine in plan.dropped:
            del self.by_intent[self.home.pop(fine)].fines[fine]
        for fine, intent in plan.born:
            self._place(fine, FineBaseline.new(self.traffic.minute, self.traffic.recent), intent)
        came = {name for _, name, _ in plan.folded} | {fine for fine, _ in plan.moved}
        return self._rebuilt(changed, came)

    def _fold(self, fine: str, successor: str, intent: str) -> set[str]:
        """Fold the vanished *fine* into *successor*, which takes its place if it is new."""
        if successor not in self.home:
            return self._carry(fine, successor, intent)
        origin = self.by_intent[self.home.pop(fine)]
        target = self.by_intent[self.home[successor]]
        self.touch(target).settle(self.traffic.exposure)
        if origin is target:  # the sum stays the same: no reason to start anew
            target.fines[successor].fold(target.fines.pop(fine))
            self.refresh(target)
            return set()
        past = _freed(origin, fine)
        self._inherit(target, origin, past)
        if not self._is_young(target.fines[successor]):
            self._forgo(past)
        target.fines[successor].fold(past)
        return {origin.intent, target.intent}

    def _carry(self, fine: str, name: str, intent: str) -> set[str]:
        """Move *fine*, called *name* from now on, to *intent*."""
        origin = self.by_intent[self.home.pop(fine)]
        if origin.intent == intent:
            self._place(name, origin.fines.pop(fine), intent)
            return set()
        past = _freed(origin, fine)
        self._inherit(self._place(name, past, intent), origin, past)
        return {origin.intent, intent}

    def _place(self, fine: str, past: FineBaseline, intent: str) -> Watch:
        watch = self.by_intent.get(intent)
        if watch is None:
            used = {other.slot for other in self.by_intent.values()}
            slot = next(slot for slot in count() if slot not in used)
            watch = self.by_intent[intent] = Watch(intent, slot, self.traffic.exposure)
        watch.put(fine, past)
        self.home[fine] = intent
        self.refresh(self.touch(watch))
        return watch

    def _inherit(self, target: Watch, origin: Watch, past: FineBaseline) -> None:
        """Let *target* know what *origin* knew, in the part that *past* had of it."""
        whole = past.volume.total + sum(fine.volume.total for fine in origin.fines.values())
        target.noise.absorb(origin.noise, past.volume.total / whole if whole > 0 else 1.0)
        _join(target.users, origin.users)
        _join(target.versions, origin.versions)
        for metric in Metric:
            until = origin.cool_until.get(metric, 0)
            if metric in origin.alerts:  # what is known already is not told again
                until = self.traffic.minute + self.settings.cool_down
            if until > target.cool_until.get(metric, 0):
                target.cool_until[metric] = until

    def _is_young(self, past: FineBaseline) -> bool:
        return self.traffic.hour - past.born // HOUR <= YOUNG_HOURS

    def _forgo(self, past: FineBaseline) -> None:
        if self._is_young(past):
            past.forgo_head_start(self.traffic.hour, self.traffic.recent, self.traffic.hour_exposure)

    def _rebuilt(self, changed: set[str], came: set[str]) -> list[Watch]:
        """Start the search for onsets anew in *changed*; young ones that *came* to old ones fit in."""
        watches = self.named(changed)
        for watch in watches:
            if not all(self._is_young(past) for past in watch.fines.values()):
                for fine in sorted(came & set(watch.fines)):
                    self._forgo(watch.fines[fine])
            watch.volume.hull.clear()
            watch.failure.hull.clear()
            watch.noise.restart()
            self.touch(watch)
            if watch.fines:
                self.refresh(watch)
        return watches


def _freed(origin: Watch, fine: str) -> FineBaseline:
    """Take *fine* out of *origin*, its past no longer frozen."""
    past = origin.fines.pop(fine)
    alert = origin.alerts.get(Metric.VOLUME)
    past.release_volume(release_of(alert.kind, "regrouped") if alert else "drop")
    past.release_outcomes("drop")
    return past


def _join(known: dict[str, int], more: dict[str, int]) -> None:
    """Add *more*, last seen last; `Watch` bounds their number."""
    latest = {name: max(known.get(name, 0), more.get(name, 0)) for name in {**known, **more}}
    known.clear()
    known.update(sorted(latest.items(), key=lambda item: (item[1], item[0])))
