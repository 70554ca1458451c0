"""Dataclasses to plain JSON and back by their type hints: one codec for items, objects, bundles and replays.

Supported: dataclasses, ``str int float bool None``, ``datetime``, ``timedelta`` (seconds), ``StrEnum``,
``tuple[X, ...]``, ``Mapping[str, X]``, unions with None, unions of scalars, ``Literal``, and ``Any`` for a part that is
already JSON.
"""

import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar

from auditor.domain.instants import InstantError, format_instant, parse_instant

Json = Any
"""A value made of dict, list, str, int, float, bool and None."""

T = TypeVar("T")


class CodecError(ValueError):
    """When a JSON document does not have the shape of the type it should become; the message names the path."""


def to_json(value: object) -> Json:
    """The plain JSON of a value; fields that hold their default None or an empty tuple or mapping are kept."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        # JSON has no NaN and no infinity; a probed answer can carry one into evidence.
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    raise CodecError(f"{type(value).__name__} cannot be written as JSON; allowed are dataclasses of plain values")


def from_json(kind: type[T], document: Json, path: str = "") -> T:
    """The value of type ``kind`` that the document describes; CodecError names path, value and what is allowed."""
    decode: Callable[[Json, str], T] = _decoder(kind)  # type: ignore[arg-type]  # every type is hashable
    return decode(document, path or getattr(kind, "__name__", str(kind)))


_Decode = Callable[[Json, str], Any]


@cache
def _decoder(kind: Any) -> _Decode:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if kind is Any or isinstance(kind, TypeVar):
        return lambda document, _path: document
    if kind is None or kind is types.NoneType:
        return _expect(lambda d: d is None, "null")
    if origin in (typing.Union, types.UnionType):
        return _union(arguments)
    if origin is Literal:
        return _expect(lambda d: (type(d), d) in [(type(a), a) for a in arguments], f"one of {list(arguments)}")
    if origin is tuple and arguments[1:] == (Ellipsis,):
        return _tuple(arguments[0])
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _mapping(arguments[1])
    dataclass_type = origin if origin is not None else kind
    if is_dataclass(dataclass_type):
        return _dataclass(dataclass_type, arguments)
    return _scalar(kind)


def _scalar(kind: Any) -> _Decode:
    if kind is bool:
        return _expect(lambda d: isinstance(d, bool), "true or false")
    if kind is int:
        return _expect(lambda d: isinstance(d, int) and not isinstance(d, bool), "a whole number")
    if kind is float:
        is_number = _expect(lambda d: isinstance(d, int | float) and not isinstance(d, bool), "a number")
        return _converted(float, OverflowError, is_number)
    if kind is str:
        return _expect(lambda d: isinstance(d, str), "a text")
    if kind is datetime:
        return _converted(parse_instant, InstantError)
    if kind is timedelta:
        return _converted(lambda seconds: timedelta(seconds=seconds), (OverflowError, ValueError), _decoder(float))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        allowed = [str(member) for member in kind]
        is_member = _expect(lambda d: isinstance(d, str) and d in allowed, f"one of {allowed}")
        return lambda document, path: kind(is_member(document, path))
    raise CodecError(f"type {kind!r} is not supported by the codec")


def _expect(accepts: Callable[[Json], bool], allowed: str) -> _Decode:
    def decode(document: Json, path: str) -> Json:
        if not accepts(document):
            raise CodecError(f"{path} is {document!r:.80}; allowed is {allowed}")
        return document

    return decode


def _converted(
    convert: Callable[[Any], Any], errors: type[Exception] | tuple[type[Exception], ...], accept: _Decode | None = None
) -> _Decode:
    def decode(document: Json, path: str) -> Any:
        accepted = accept(document, path) if accept else document
        try:
            return convert(accepted)
        except errors as error:
            raise CodecError(f"{path}: {error}") from error

    return decode


def _union(arguments: tuple[Any, ...]) -> _Decode:
    options = [_decoder(argument) for argument in arguments]

    def decode(document: Json, path: str) -> Any:
        if document is None and types.NoneType in arguments:
            return None
        errors = []
        for option in options:
            try:
                return option(document, path)
            except CodecError as error:
                errors.append(str(error))
        raise CodecError(errors[0] if errors else f"{path} is {document!r:.80}")

    return decode


def _tuple(item_kind: Any) -> _Decode:
    item = _decoder(item_kind)

    def decode(document: Json, path: str) -> tuple[Any, ...]:
        if not isinstance(document, list | tuple):
            raise CodecError(f"{path} is {document!r:.80}; allowed is a list")
        return tuple(item(element, f"{path}[{index}]") for index, element in enumerate(document))

    return decode


def _mapping(item_kind: Any) -> _Decode:
    item = _decoder(item_kind)

    def decode(document: Json, path: str) -> dict[str, Any]:
        if not isinstance(document, dict):
            raise CodecError(f"{path} is {document!r:.80}; allowed is an object")
        return {key: item(element, f"{path}.{key}") for key, element in document.items()}

    return decode


def _dataclass(kind: Any, arguments: tuple[Any, ...]) -> _Decode:
    hints = typing.get_type_hints(kind)
    parameters = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=False))
    decoders = {field.name: _decoder(_bind(hints[field.name], parameters)) for field in fields(kind)}
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]

    def decode(document: Json, path: str) -> Any:
        if not isinstance(document, dict):
            raise CodecError(f"{path} is {document!r:.80}; allowed is an object")
        for key in document:
            if key not in decoders:
                raise CodecError(f"{path}.{key} is unknown; allowed are {sorted(decoders)}")
        for key in required:
            if key not in document:
                raise CodecError(f"{path}.{key} is missing")
        values = {key: decoders[key](item, f"{path}.{key}") for key, item in document.items()}
        try:
            return kind(**values)
        except ValueError as error:  # what the dataclass itself refuses
            raise CodecError(f"{path}: {error}") from error

    return decode


def _bind(hint: Any, parameters: Mapping[Any, Any]) -> Any:
    """A type hint with the type variables of a generic dataclass replaced by its arguments."""
    if isinstance(hint, TypeVar):
        return parameters.get(hint, Any)
    arguments = typing.get_args(hint)
    if not arguments or typing.get_origin(hint) is Literal:
        return hint
    bound = tuple(_bind(argument, parameters) for argument in arguments)
    if bound == arguments:
        return hint
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return typing.Union[bound]  # noqa: UP007 - a union of run-time values has no other spelling
    origin: Any = typing.get_origin(hint)
    return origin[bound]
