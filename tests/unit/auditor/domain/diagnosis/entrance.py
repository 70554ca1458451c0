"""The small shop with an entrance: a balancer with a listener, groups behind it, and their targets."""

from collections.abc import Iterable, Sequence
from typing import Any

from auditor.domain.diagnosis.claims import Claim
from auditor.domain.diagnosis.model import Diagnosis
from auditor.domain.diagnosis.routing_claims import (
    GroupChecked,
    GroupUsedBy,
    PathAnswers,
    RequestRouted,
    TargetRefused,
    TargetsStand,
)
from auditor.domain.diagnosis.routing_words import RouteFate, TargetTrouble
from auditor.domain.diagnosis.words import Emitter
from auditor.domain.target import Target
from auditor.domain.topology import Component

HOST = "shop.example"
_COMPONENTS = {
    "alb.web": ("storefront", "shop-web"),
    "listener.web_443": ("storefront", "shop-web/443"),
    "tg.front": ("storefront", "front-group"),
    "tg.basket": ("basket", "basket-group"),
    "acm": ("ground", "*.shop.example"),
}
_TARGETS = {
    "entrance": ("storefront", "alb.web"),
    "front-group": ("storefront", "tg.front"),
    "basket-group": ("basket", "tg.basket"),
    "basket-direct": ("basket", "app.basket"),
    "orders-page": ("basket", "app.basket"),
}


class Entrance:
    """The words of the tests about requests that come in."""

    def __init__(self, shop: Any) -> None:
        self.shop = shop
        self.components = (
            *shop.platform.components,
            *(Component(id=id, service=service, aws_name=name) for id, (service, name) in _COMPONENTS.items()),
        )
        self.targets = (
            *shop.platform.targets,
            *(
                Target(id=id, family="probe", service=service, component=component, spec={})
                for id, (service, component) in _TARGETS.items()
            ),
        )

    def diagnose(self, claims: Iterable[Claim], readings: Sequence[Any], *, without: Sequence[str] = ()) -> Diagnosis:
        components = tuple(component for component in self.components if component.id not in without)
        diagnosis: Diagnosis = self.shop.diagnose(claims, readings, components=components, targets=self.targets)
        return diagnosis

    def routed(self, fate: RouteFate = RouteFate.AS_DECLARED, **changes: Any) -> RequestRouted:
        base: dict[str, Any] = {
            "component": "alb.web",
            "balancer": "shop-web",
            "port": 443,
            "host": HOST,
            "path": "/basket",
            "wanted": "basket-group",
            "fate": fate,
            "rule": "rule 10",
            "groups": ("front-group",) if fate is not RouteFate.NOT_FORWARDED else (),
            "proof": self.shop.seen("entrance"),
        }
        return RequestRouted(**(base | changes))

    def page(
        self, path: str = "/basket", status: int | None = 200, seconds: float = 0.1, **changes: Any
    ) -> PathAnswers:
        base: dict[str, Any] = {
            "component": "app.basket",
            "host": HOST,
            "address": "203.0.113.9",
            "port": 443,
            "path": path,
            "status": status,
            "seconds": seconds,
            "emitter": Emitter.SERVICE,
            "as_declared": status is not None and status < 400,
            "proof": self.shop.seen("orders-page"),
        }
        return PathAnswers(**(base | changes))

    def direct(self, path: str, status: int | None = 200, seconds: float = 0.1, **changes: Any) -> PathAnswers:
        """A page of the task itself, past the balancer."""
        past: dict[str, Any] = {"host": "basket.prod.internal", "port": 7000, "proof": self.shop.seen("basket-direct")}
        return self.page(path, status, seconds, **(past | changes))

    def checked(self, path: str = "/health", **changes: Any) -> GroupChecked:
        base: dict[str, Any] = {
            "component": "tg.basket",
            "group": "basket-group",
            "protocol": "HTTP",
            "path": path,
            "matcher": "200",
            "timeout_seconds": 5,
            "proof": self.shop.seen("basket-group"),
        }
        return GroupChecked(**(base | changes))

    def refused(self, trouble: TargetTrouble, *statuses: int, **changes: Any) -> TargetRefused:
        base: dict[str, Any] = {
            "component": "tg.basket",
            "group": "basket-group",
            "address": "10.1.0.5",
            "port": 7000,
            "trouble": trouble,
            "statuses": statuses,
            "proof": self.shop.seen("basket-group"),
        }
        return TargetRefused(**(base | changes))

    def stand(self, healthy: int = 0, registered: int = 1, **changes: Any) -> TargetsStand:
        base: dict[str, Any] = {"component": "tg.basket", "group": "basket-group"}
        proof = self.shop.seen("basket-group")
        return TargetsStand(**(base | changes), healthy=healthy, registered=registered, proof=proof)

    def used(self, *balancers: str, zones: tuple[str, ...] = ()) -> GroupUsedBy:
        proof = self.shop.seen("basket-group")
        return GroupUsedBy(component="tg.basket", group="basket-group", balancers=balancers, zones=zones, proof=proof)
