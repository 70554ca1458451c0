"""Facts of any family, altered by their types alone: nothing recorded, one thing not recorded, a failure everywhere."""

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from auditor.domain.observation import Failure

Path = tuple[str, ...]
_SCALARS: Mapping[Any, tuple[Any, ...]] = {
    bool: (True, False),
    int: (0, 1, 10**9),
    float: (-1.0, 0.0, 1e9),
    str: ("", "other"),
}


_HINTS: dict[Any, Mapping[str, Any]] = {}


def _hints(kind: type[Any]) -> Mapping[str, Any]:
    """A class's fields and their types, found once."""
    return _HINTS.get(kind) or _HINTS.setdefault(kind, typing.get_type_hints(kind))


def may_be_none(hint: Any) -> bool:
    """Whether a field of this type may say that it holds nothing."""
    return typing.get_origin(hint) in (typing.Union, types.UnionType) and types.NoneType in typing.get_args(hint)


def _others(hint: Any) -> tuple[Any, ...]:
    """The types of a union but None; of any other type itself."""
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return (hint,)
    return tuple(each for each in typing.get_args(hint) if each is not types.NoneType)


def least(facts: Any) -> Any:
    """The same facts with nothing in them that the probe could have left out: defaults, None, and below the same."""
    changed: dict[str, Any] = {}
    for field in fields(facts):
        hint, value = _hints(type(facts))[field.name], getattr(facts, field.name)
        if _has_default(field):
            changed[field.name] = _default(field)
        elif may_be_none(hint):
            changed[field.name] = None
        elif is_dataclass(value):
            changed[field.name] = least(value)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            changed[field.name] = tuple(least(each) for each in value)
    return replace(facts, **changed)


def failed(facts: Any, failure: Failure) -> Any:
    """The facts as of a probe in which this failure is the answer to everything that can hold one.

    A field that holds a failure or None holds it; where a family notes by the field's name why it is not read, every
    field that may be None is so.
    """
    changed: dict[str, Any] = {}
    hints = _hints(type(facts))
    notes = next((name for name, hint in hints.items() if _is_notes(hint)), None)
    for field in fields(facts):
        hint, value = hints[field.name], getattr(facts, field.name)
        if may_be_none(hint) and Failure in _others(hint):
            changed[field.name] = failure
        elif notes is not None and may_be_none(hint):
            changed[field.name] = None
        elif is_dataclass(value) and not isinstance(value, Failure):
            changed[field.name] = failed(value, failure)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]) and not isinstance(value[0], Failure):
            changed[field.name] = tuple(failed(each, failure) for each in value)
    if notes is not None:
        changed[notes] = {name: failure for name in hints if name != notes}
    return replace(facts, **changed)


def _is_notes(hint: Any) -> bool:
    return typing.get_origin(hint) in (Mapping, dict) and typing.get_args(hint)[1:] == (Failure,)


def absent(facts: Any, *, empty: bool = False) -> Iterator[Path]:
    """The paths of all facts that may be None and are not, and with ``empty`` of all lists that hold something.

    Of a list's elements the first stands for all.
    """
    for field in fields(facts):
        hint, value = _hints(type(facts))[field.name], getattr(facts, field.name)
        optional = value is not None and may_be_none(hint) and Failure not in _others(hint)
        if optional or (empty and isinstance(value, tuple | Mapping) and value):
            yield (field.name,)
        first = value[0] if isinstance(value, tuple) and value else value
        if is_dataclass(first) and not isinstance(first, Failure):
            for path in absent(first, empty=empty):
                yield (field.name, *path)


def without(facts: Any, path: Path) -> Any:
    """The facts without what stands at a path: None, or an empty list; unchanged where there is no such path."""
    name, *rest = path
    value, hint = getattr(facts, name), _hints(type(facts))[name]
    if not rest:
        return replace(facts, **{name: None if may_be_none(hint) else type(value)()})
    if isinstance(value, tuple) and value:
        return replace(facts, **{name: (without(value[0], tuple(rest)), *value[1:])})
    return replace(facts, **{name: without(value, tuple(rest))}) if is_dataclass(value) else facts


def otherwise(facts: Any, path: Path) -> Iterator[Any]:
    """The facts with other values at or below a path."""
    name, *rest = path
    value, hint = getattr(facts, name), _hints(type(facts))[name]
    if not rest:
        for other in _values(value, _others(hint)):
            yield replace(facts, **{name: other})
    elif isinstance(value, tuple):
        for altered in otherwise(value[0], tuple(rest)):
            yield replace(facts, **{name: (altered, *value[1:])})
    else:
        for altered in otherwise(value, tuple(rest)):
            yield replace(facts, **{name: altered})


def _values(value: Any, kinds: tuple[Any, ...]) -> Iterator[Any]:
    """Other values of one of these types."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            for other in _values(getattr(value, field.name), _others(_hints(type(value))[field.name])):
                yield replace(value, **{field.name: other})
        return
    for kind in kinds:
        yield from _values_of(value, kind)


def _values_of(value: Any, kind: Any) -> Iterator[Any]:
    origin = typing.get_origin(kind)
    if origin is tuple and value:
        yield ()
        yield from ((altered, *value[1:]) for altered in _values(value[0], typing.get_args(kind)[:1]))
    elif origin is Literal or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        members = typing.get_args(kind) if origin is Literal else kind
        yield from (member for member in members if member != value)
    elif kind is datetime and value is not None:
        yield from (value + timedelta(days=days) for days in (-400, 400))
    else:
        yield from (other for other in _SCALARS.get(kind, ()) if other != value)


def _has_default(field: "Field[Any]") -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _default(field: "Field[Any]") -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
