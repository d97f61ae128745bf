"""What deployments cost in a month: PTU-hours, hosting and tokens, and the reservations that pay for PTUs.

How Azure bills is documented in "Provisioned throughput billing" (2026-05-22), "Fine-tuning cost management"
(2026-03-19) and "Azure reservations for Microsoft Foundry" (2026-01-15):

* provisioned: PTUs deployed x hours, used or not, fine-tuned or not
* fine-tuned on Standard, GlobalStandard and DataZoneStandard: an hourly price of hosting, and tokens
* everything else: tokens; capacity is a rate limit and costs nothing
* a reservation pays for the PTUs of its type, scope and (but for Global) region, of whatever model, hour by
  hour; what is deployed over it is billed hourly, what is under it is lost
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from reconciler.domain.costs import Costs, Reservation, ReservationTerm, Workload
from reconciler.domain.ids import DeploymentId, Region
from reconciler.domain.sku import SkuFamily, SkuName, SkuReach
from reconciler.prices.book import NoPrice, Price, PriceBook, PriceList, Question

CENT: Final = Decimal("0.01")
_MINUTES: Final = 60
_TERMS: Final = {ReservationTerm.MONTH: "1 Month", ReservationTerm.YEAR: "1 Year"}
_OTHER_MEDIA: Final = (
    "audio", "dall-e", "image", "realtime", "sora", "speech", "transcribe", "tts", "whisper", "flux",
)  # fmt: skip
_BY_MARKETPLACE: Final = frozenset({"anthropic"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What is billed of one deployment. `model` and `version` are those of the base where `fine_tuned`.

    None is not known; `priority` says that its requests are served as priority processing. `state` is set
    only where it leaves open whether Azure bills the deployment.
    """

    id: DeploymentId
    region: Region | None
    sku: SkuName | None
    capacity: int | None
    model: str | None
    version: str | None = None
    format: str = "OpenAI"
    fine_tuned: bool = False
    priority: bool = False
    workload: Workload | None = None
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a bill: ``quantity x rate / months = monthly``, not rounded.

    `rate` is as published and pays for so many `months`: twelve for a reservation of a year. `quantity` and
    `monthly` are None for a rate without a declared workload. `sum_of` is how the quantity comes about.
    `ptus` are those deployed, with their `reach`. `id` is a deployment's ARM id, or a reservation's name.
    """

    id: str
    what: str
    meter: str
    unit: str
    quantity: Decimal | None
    rate: Decimal
    source: PriceList
    sum_of: str = ""
    months: int = 1
    ptus: int | None = None
    reach: SkuReach | None = None

    @property
    def monthly(self) -> Decimal | None:
        """The amount of a month; None where the quantity is not known."""
        return None if self.quantity is None else self.quantity * self.rate / self.months


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """A part of a bill that is not known. `usage`: it is paid by use, and nothing is due without any."""

    id: str
    why: str
    usage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """A reservation, and how many of its PTUs pay for something."""

    reservation: Reservation
    used: int

    @property
    def unused(self) -> int:
        """PTUs that are paid for and not deployed."""
        return self.reservation.ptus - self.used


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A month. The total is a lower bound where something is `unpriced`."""

    lines: tuple[Line, ...] = ()
    unpriced: tuple[Unpriced, ...] = ()
    covers: tuple[Cover, ...] = ()

    @property
    def total(self) -> Decimal:
        """The sum of all lines whose amount is known, not rounded."""
        return sum((line.monthly for line in self.lines if line.monthly is not None), Decimal(0))

    @property
    def complete(self) -> bool:
        """Whether every part is known."""
        return not self.unpriced


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The bills before and after a change; `before` None where there is nothing to compare with.

    `changed` are the ids of the deployments that the change touches. `notes` are what else one should know.
    """

    costs: Costs
    after: Bill
    before: Bill | None = None
    changed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def delta(self) -> Decimal | None:
        """What the month costs more (or less, below nought), not rounded."""
        return None if self.before is None else self.after.total - self.before.total

    @property
    def complete(self) -> bool:
        """Whether every part of both bills is known."""
        return self.after.complete and (self.before is None or self.before.complete)

    @property
    def doubts(self) -> tuple[Unpriced, ...]:
        """What is not known of the deployments that change, or of any where nothing changes."""
        parts = (*(self.before.unpriced if self.before else ()), *self.after.unpriced)
        kept = (part for part in parts if self.before is None or part.id in self.changed)
        return tuple({(item.id, item.why): item for item in kept}.values())


def cents(amount: Decimal) -> Decimal:
    """The amount rounded to cents, halves away from nought; done once, at the end of a sum."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP, context=Context(prec=60))


def bill(deployed: Sequence[Deployed], costs: Costs, book: PriceBook, day: date) -> Bill:
    """The bill of a month at the prices of `day`."""
    covered, covers = _cover(deployed, costs.reservations)
    biller = _Biller(costs=costs, book=book, day=day)
    found = [
        part
        for item in sorted(deployed, key=lambda each: each.id.key)
        for part in biller.parts(item, covered.get(item.id, 0))
    ]
    found += [part for cover in covers for part in biller.reserved(cover)]
    return Bill(
        lines=tuple(part for part in found if isinstance(part, Line)),
        unpriced=tuple(part for part in found if isinstance(part, Unpriced)),
        covers=covers,
    )


def _cover(
    deployed: Sequence[Deployed], reservations: Sequence[Reservation]
) -> tuple[dict[DeploymentId, int], tuple[Cover, ...]]:
    """How many PTUs of each deployment a reservation pays for: narrow scopes before the shared one."""
    covered: dict[DeploymentId, int] = {}
    covers: list[Cover] = []
    ptus = sorted(
        (each for each in deployed if each.sku and each.sku.family is SkuFamily.PROVISIONED),
        key=lambda each: each.id.key,
    )
    for reservation in sorted(reservations, key=lambda each: each.subscription is None):
        left = reservation.ptus
        for item in ptus:
            if _matches(reservation, item) and item.capacity:
                taken = min(left, item.capacity - covered.get(item.id, 0))
                covered[item.id] = covered.get(item.id, 0) + taken
                left -= taken
        covers.append(Cover(reservation=reservation, used=reservation.ptus - left))
    return covered, tuple(covers)


def _matches(reservation: Reservation, deployed: Deployed) -> bool:
    everywhere = reservation.type is reservation.type.GLOBAL
    scope = reservation.subscription
    return (
        deployed.sku == reservation.type.sku
        and (everywhere or (reservation.region is not None and reservation.region == deployed.region))
        and (scope is None or scope.lower() == deployed.id.account.subscription.lower())
    )


_Alike = tuple[str, Region | None, str | None, str | None, bool, bool]
_Rates = dict[str, Price | NoPrice | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Biller:
    costs: Costs
    book: PriceBook
    day: date
    known: dict[_Alike, _Rates] = field(default_factory=dict)
    """Rates by what they go by: a fleet has few kinds of deployments."""

    def parts(self, deployed: Deployed, covered: int) -> Iterator[Line | Unpriced]:
        """All lines of one deployment, and what is not known of it."""
        why = _unbillable(deployed)
        if why or deployed.sku is None:
            yield Unpriced(id=str(deployed.id), why=why)
        elif deployed.sku.family is SkuFamily.PROVISIONED:
            yield self._ptus(deployed, deployed.sku, covered)
        else:
            if deployed.fine_tuned and deployed.sku.name != "DeveloperTier":
                yield self._hosting(deployed, deployed.sku)
            yield from self._tokens(deployed, deployed.sku)

    def reserved(self, cover: Cover) -> Iterator[Line | Unpriced]:
        """What a reservation costs, whether it is used or not."""
        reservation = cover.reservation
        name = f"reservation of {reservation.name}"
        term = _TERMS[reservation.term]
        found = self._look_up("reservation", reservation.type.sku, reservation.region, term)
        if isinstance(found, NoPrice):
            yield Unpriced(id=name, why=found.why)
            return
        unit, quantity = f"PTU for 1 {reservation.term}", Decimal(reservation.ptus)
        text = f"{reservation.ptus} PTU, {cover.used} of them used"
        line = _line(name, "reservation", unit, found, quantity, text)
        yield replace(line, months=12 if reservation.term is ReservationTerm.YEAR else 1)

    def _ptus(self, deployed: Deployed, sku: SkuName, covered: int) -> Line | Unpriced:
        if deployed.capacity is None:
            return Unpriced(id=str(deployed.id), why="its capacity is not known")
        found = self._look_up("ptu_hour", sku, deployed.region, model_format=deployed.format)
        if isinstance(found, NoPrice):
            return Unpriced(id=str(deployed.id), why=found.why)
        paid, hours = deployed.capacity - covered, self.costs.hours_per_month
        less = f" ({covered} of {deployed.capacity} PTU are reserved)" if covered else ""
        text = f"{paid} PTU x {hours:f} h{less}"
        line = _line(str(deployed.id), "PTU", "PTU-hour", found, paid * hours / found.per, text)
        return replace(line, ptus=deployed.capacity, reach=sku.reach)

    def _hosting(self, deployed: Deployed, sku: SkuName) -> Line | Unpriced:
        found = self._price_of(deployed, "hosting_hour", sku)
        if isinstance(found, NoPrice):
            return Unpriced(id=str(deployed.id), why=found.why)
        return _line(str(deployed.id), "hosting", "hour", found, self.costs.hours_per_month / found.per)

    def _tokens(self, deployed: Deployed, sku: SkuName) -> Iterator[Line | Unpriced]:
        rates = self._rates_of(deployed, sku)
        known = {kind: rate for kind, rate in rates.items() if isinstance(rate, Price)}
        if deployed.workload is None:
            if isinstance(rates["input"], NoPrice):
                yield Unpriced(id=str(deployed.id), why=rates["input"].why, usage=True)
                return
            yield from (_of_tokens(deployed, kind, rate, None) for kind, rate in known.items())
            why = "it is paid per token and declares no workload"
            yield Unpriced(id=str(deployed.id), why=why, usage=True)
            return
        for kind, (tokens, sum_of) in self._usage(deployed.workload, rates).items():
            rate = rates[kind]
            if isinstance(rate, NoPrice):
                yield Unpriced(id=str(deployed.id), why=rate.why)
            elif rate is not None:
                yield _of_tokens(deployed, kind, rate, tokens, sum_of)

    def _usage(self, load: Workload, rates: _Rates) -> dict[str, tuple[Decimal, str]]:
        """Tokens a month of each kind. Where a model has no price for cached input, all of it is input."""
        requests = load.rpm * _MINUTES * self.costs.hours_per_month
        prompt = requests * load.prompt_tokens
        cached = prompt * load.cache_rate if rates["cached_input"] is not None else Decimal(0)
        text = f"{requests:f} requests x {load.prompt_tokens:f}"
        share = f" x {load.cache_rate:f}" if cached else ""
        rest = f" x (1 - {load.cache_rate:f})" if cached else ""
        usage = {"input": (prompt - cached, text + rest)}
        if cached:
            usage["cached_input"] = (cached, text + share)
        if load.generated_tokens:
            output = requests * load.generated_tokens
            usage["output"] = (output, f"{requests:f} requests x {load.generated_tokens:f}")
        return usage

    def _rates_of(self, deployed: Deployed, sku: SkuName) -> _Rates:
        alike = (
            sku.name,
            deployed.region,
            deployed.model,
            deployed.version,
            deployed.fine_tuned,
            deployed.priority,
        )
        if alike not in self.known:
            kinds = ("input", "cached_input", "output")
            self.known[alike] = {kind: self._rate(deployed, kind, sku) for kind in kinds}
        return self.known[alike]

    def _rate(self, deployed: Deployed, kind: str, sku: SkuName) -> Price | NoPrice | None:
        """The rate of one kind of token; None where the model has no meter for cached input at all."""
        prefix = "batch_" if sku.family is SkuFamily.BATCH else "ft_" if deployed.fine_tuned else ""
        if deployed.priority and not prefix:
            prefix = "priority_"
        if kind == "cached_input" and not self.book.sold(self._question(deployed, prefix + kind, sku)):
            return None
        return self._price_of(deployed, prefix + kind, sku)

    def _price_of(self, deployed: Deployed, kind: str, sku: SkuName) -> Price | NoPrice:
        found = self.book.price(self._question(deployed, kind, sku))
        name = deployed.model or ""
        if isinstance(found, NoPrice) and any(word in name.lower() for word in _OTHER_MEDIA):
            why = f"{name} is billed by audio, image, page or character, and those meters are not read"
            return NoPrice(why=why)
        return found

    def _question(self, deployed: Deployed, kind: str, sku: SkuName) -> Question:
        return Question(
            kind=kind,
            sku=sku,
            day=self.day,
            region=deployed.region,
            model=deployed.model or "",
            version=deployed.version,
            currency=self.costs.currency,
        )

    def _look_up(
        self, kind: str, sku: SkuName, region: Region | None, term: str = "", *, model_format: str = ""
    ) -> Price | NoPrice:
        wanted = Question(kind=kind, sku=sku, day=self.day, region=region, format=model_format, term=term)
        return self.book.price(replace(wanted, currency=self.costs.currency))


def _of_tokens(deployed: Deployed, kind: str, rate: Price, tokens: Decimal | None, sum_of: str = "") -> Line:
    quantity = None if tokens is None else tokens / rate.per
    text = f"{sum_of} / {rate.per}" if sum_of else ""
    return _line(str(deployed.id), kind.replace("_", " "), f"{rate.unit} tokens", rate, quantity, text)


def _line(of: str, what: str, unit: str, price: Price, quantity: Decimal | None, sum_of: str = "") -> Line:
    return Line(
        id=of,
        what=what,
        meter=price.meter,
        unit=unit,
        quantity=quantity,
        rate=price.rate,
        source=price.source,
        sum_of=sum_of,
    )


def _unbillable(deployed: Deployed) -> str:
    """Why nothing can be looked up for a deployment; empty where something can."""
    if deployed.state:
        return f"whether Azure bills a deployment in state {deployed.state} is not documented"
    if deployed.sku is None:
        return "its SKU is not known"
    if deployed.sku.family is SkuFamily.UNKNOWN:
        return f"there is no SKU {deployed.sku} for deployments, so no price list has it"
    if deployed.format.lower() in _BY_MARKETPLACE:
        maker = deployed.format
        return f"{maker} bills its models through Azure Marketplace: they are not in Azure's price list"
    if deployed.model is None and deployed.sku.family is not SkuFamily.PROVISIONED:
        return (
            "the base of the fine-tuned model is not named by its id" if deployed.fine_tuned else "no model"
        )
    return ""
