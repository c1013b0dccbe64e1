"""The settings of the intent engine and the names of the records that hold its state."""

from dataclasses import dataclass

HEAD = "head"
SPACE = "space"
MODEL = "model"
PINS = "pins"
FORWARDS_PER_RECORD = 128


@dataclass(frozen=True, slots=True)
class EngineParams:
    """Settings of one engine. The defaults are those that the published figures were measured with."""

    dimension: int = 384  # of the vectors
    axes: int = 64  # principal axes in which intents are told apart
    micros: int = 2048  # micro-clusters at most
    duplicate: float = 0.92  # cosine from which a vector joins a micro-cluster
    held: float = 0.8  # cosine from which the pin of the nearest micro-cluster counts for a vector
    first_fit: int = 100  # events before the first refit
    growth: float = 1.25  # full refit when the stream has grown by this factor ...
    gap: int = 1024  # ... but at most so many events apart
    light_every: int = 128  # events between light refits
    patience: int = 512  # events of silence after which a provisional intent is given up
    birth: int = 5  # events that make a provisional intent an intent ...
    news: float = 0.7  # ... if they are at least this share of what it would hold
    margin: float = 0.05  # cosine by which a provisional intent must be nearer than one that fits
    provisionals: int = 400  # provisional intents at most
    leader: float = 0.45  # cosine that joins two events before the first refit
    neighbours: int = 20  # micro-clusters that smooth an event, rows that a row diffuses to
    diffusion_temperature: float = 0.1
    companions: int = 8  # micro-clusters that one is remembered to share goals with
    pull: float = 0.5  # by which what shares a goal is drawn together before the tree is built
    smoothing_temperature: float = 0.05
    compactness: float = 0.2  # worth of -ln(spread within groups) in the score of a cut
    size_penalty: float = 0.08  # price of ln(number of groups)
    score_memory: float = 0.5  # share of earlier refits in the score of a cut
    score_noise: float = 0.025  # difference in score that makes one number of intents e times likelier
    usual_share: float = 0.7  # intents per square root of the total weight, before anything is known ...
    usual_spread: float = 0.6  # ... and the standard deviation of the logarithm of that
    fine_tolerance: float = 0.15  # score that sub-intents may cost below the best cut
    fine_ratio: float = 1.55  # sub-intents per intent at most, in a long stream ...
    fine_youth: float = 300.0  # ... and twice as many in one of so much weight
    loyalty: float = 0.1  # squared half-distance that a refit puts between two different former intents
    widest: int = 600  # groups of a cut at most
    novelty: float = 2.0  # standard deviations below the mean similarity at which an event is new
    kinship: float = 0.2  # cosine that two events of a new theme may be farther apart than that
    revive: float = 0.8  # cosine from which a newborn takes the id of an archived sub-intent, at a full refit
    revive_early: float = 0.9  # ... and at its birth, when little of it has been seen
    half_life_ms: int = 0  # event time after which weights have halved; 0: nothing is forgotten
    min_weight: float = 0.3  # weight below which a decayed micro-cluster is dropped
    silence: float = 2.0  # half-lives after which a silent sub-intent retires
    forwards: int = 8192  # vanished ids that are remembered
    archive: int = 128  # retired sub-intents that can be revived
    pins: int = 256  # pinned sub-intents at most

    def __post_init__(self) -> None:
        """Refuse settings that the method cannot run with."""
        if not 1 <= self.axes <= self.dimension:
            raise ValueError(f"axes must be 1..{self.dimension} (the dimension), not {self.axes}")
        if self.micros < 64:
            raise ValueError(f"micros must be at least 64, not {self.micros}")
        if self.forwards % FORWARDS_PER_RECORD:
            raise ValueError(f"forwards must be a multiple of {FORWARDS_PER_RECORD}, not {self.forwards}")

    def record_names(self) -> list[str]:
        """Return the name of every state record that an engine with these settings can write."""
        slots = [micro_record(i) for i in range(self.micros)]
        newborn = [provisional_record(i) for i in range(self.provisionals)]
        forwards = [forward_record(i) for i in range(self.forwards // FORWARDS_PER_RECORD)]
        archive = [archive_record(i) for i in range(self.archive)]
        return [HEAD, SPACE, MODEL, PINS, *slots, *newborn, *forwards, *archive]


def micro_record(slot: int) -> str:
    """Name the record of a micro-cluster."""
    return f"m{slot:04d}"


def provisional_record(slot: int) -> str:
    """Name the record of a provisional intent."""
    return f"p{slot:03d}"


def forward_record(shard: int) -> str:
    """Name the record of a run of forwarded ids."""
    return f"f{shard:02d}"


def archive_record(slot: int) -> str:
    """Name the record of a retired sub-intent."""
    return f"a{slot:03d}"
