"""How long the engine waits for what. Figures are in seconds; `--timeout` and tests change some of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The defaults of an apply.

    Polls go by ARM's Retry-After, else start at `poll_first` and grow by `poll_growth` to `poll_cap`:
    ARM asks for 60 s where it is silent, azure-core takes 30 s, Terraform's client 10 s. No Retry-After is
    obeyed beyond `asked_cap`.
    `conflict_*`: a busy account is a queue, waited for until `operation_deadline`.
    `capacity_wait`: for how long a step that a full region refused is tried again, every `capacity_pause`.
    `settle`: for how long a read may lag behind a write that ARM called done.
    """

    poll_first: float = 5.0
    poll_growth: float = 1.5
    poll_cap: float = 30.0
    poll_floor: float = 1.0
    asked_cap: float = 60.0
    conflict_first: float = 10.0
    conflict_cap: float = 60.0
    settle: float = 60.0
    operation_deadline: float = 3600.0
    apply_deadline: float = 3600.0
    attempts: int = 4
    resend_cap: float = 30.0
    grace: float = 4.0
    wait_for_operations: bool = True
    capacity_wait: float = 0.0
    capacity_pause: float = 30.0


DEFAULT_PACE = Pace()


@dataclass(slots=True)
class Resends:
    """What a whole run may spend on sending writes again; full it pays for twenty.

    One that is not earned back by twenty-five received writes is gone, so that an outage of writes alone
    costs few requests however many deployments there are (I-17).
    """

    left: float = 20.0

    def spend(self) -> bool:
        """Pay for one more; False when nothing is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def earn(self) -> None:
        """A write was received."""
        self.left = min(20.0, self.left + 0.04)
