"""Dataclasses to plain JSON and back by their type hints: one codec for items, objects, bundles and replays.

Supported: dataclasses, ``str int float bool None``, ``datetime``, ``timedelta`` (seconds), ``StrEnum``,
``tuple[X, ...]``, ``Mapping[str, X]``, unions with None, unions of scalars, ``Literal``, and ``Any`` for a part that is
already JSON.
"""

import json
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
    encode: Callable[[Any], Json] = _encoder(type(value))  # type: ignore[arg-type]  # every type is hashable
    return encode(value)


_PLAIN = frozenset({str, int, bool, types.NoneType})
"""Most values of a run, and JSON already."""


@cache
def _encoder(kind: type) -> Callable[[Any], Json]:
    """How values of exactly this type are written; found once a type, because a bundle has millions of values."""
    if kind is types.NoneType or issubclass(kind, bool | int):
        return lambda value: value
    if issubclass(kind, float):
        # JSON has no NaN and no infinity; a probed answer can carry one into evidence.
        return lambda value: value if math.isfinite(value) else str(value)
    if issubclass(kind, str):
        return str
    if issubclass(kind, datetime):
        return format_instant
    if issubclass(kind, timedelta):
        return timedelta.total_seconds
    if issubclass(kind, Mapping):
        return lambda value: {str(key): item if type(item) in _PLAIN else to_json(item) for key, item in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [item if type(item) in _PLAIN else to_json(item) for item in value]
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind))
        return lambda value: {
            name: item if type(item := getattr(value, name)) in _PLAIN else to_json(item) for name in names
        }
    raise CodecError(f"{kind.__name__} cannot be written as JSON; allowed are dataclasses of plain values")


def json_text(document: Json, *, levels: int = 4) -> str:
    """The text of plain JSON, keys sorted, in ASCII. Its outer levels have a line an element, what is below one line.

    So a difference shows as a line, and what is big is written by the encoder in C, which cannot indent and takes a
    tenth of the time. ValueError for NaN and infinity, which JSON lacks.
    """
    return _lines(document, levels, "") + "\n"


def _lines(document: Json, levels: int, indent: str) -> str:
    if not levels or not document or not isinstance(document, dict | list):
        return json.dumps(document, sort_keys=True, allow_nan=False)
    inner = indent + " "
    if isinstance(document, list):
        opening, closing = "[]"
        items = [_lines(item, levels - 1, inner) for item in document]
    else:
        opening, closing = "{}"
        items = [f"{json.dumps(key)}: {_lines(document[key], levels - 1, inner)}" for key in sorted(document)]
    return f"{opening}\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}{closing}"


def from_json(kind: type[T], document: Json, path: str = "") -> T:
    """The value of type ``kind`` that the document describes; CodecError names path, value and what is allowed."""
    decode: Callable[[Json], T] = _decoder(kind)  # type: ignore[arg-type]  # every type is hashable
    try:
        return decode(document)
    except _MisfitError as misfit:
        where = (path or getattr(kind, "__name__", str(kind))) + "".join(reversed(misfit.path))
        raise CodecError(where + misfit.words) from misfit


class _MisfitError(Exception):
    """What does not fit. Whoever catches it on its way up adds where it was: paths cost nothing while all fits."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        self.path: list[str] = []


_Decode = Callable[[Json], Any]


@cache
def _decoder(kind: Any) -> _Decode:
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if kind is Any or isinstance(kind, TypeVar):
        return lambda document: document
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
        members = {str(member): member for member in kind}
        is_member = _expect(lambda d: isinstance(d, str) and d in members, f"one of {list(members)}")
        return lambda document: members[is_member(document)]
    raise CodecError(f"type {kind!r} is not supported by the codec")


def _expect(accepts: Callable[[Json], bool], allowed: str) -> _Decode:
    def decode(document: Json) -> Json:
        if not accepts(document):
            raise _MisfitError(f" is {document!r:.80}; allowed is {allowed}")
        return document

    return decode


def _converted(
    convert: Callable[[Any], Any], errors: type[Exception] | tuple[type[Exception], ...], accept: _Decode | None = None
) -> _Decode:
    def decode(document: Json) -> Any:
        accepted = accept(document) if accept else document
        try:
            return convert(accepted)
        except errors as error:
            raise _MisfitError(f": {error}") from error

    return decode


def _union(arguments: tuple[Any, ...]) -> _Decode:
    options = [_decoder(argument) for argument in arguments if argument is not types.NoneType]
    optional = types.NoneType in arguments
    exact = {argument: _decoder(argument) for argument in arguments if argument in (str, int, float, bool)}

    def decode(document: Json) -> Any:
        if document is None and optional:
            return None
        if type(document) in exact:
            return exact[type(document)](document)
        first: _MisfitError | None = None
        for option in options:
            try:
                return option(document)
            except _MisfitError as misfit:
                first = first or misfit
        raise first or _MisfitError(f" is {document!r:.80}")

    return decode


def _tuple(item_kind: Any) -> _Decode:
    item = _decoder(item_kind)

    def decode(document: Json) -> tuple[Any, ...]:
        if not isinstance(document, list | tuple):
            raise _MisfitError(f" is {document!r:.80}; allowed is a list")
        decoded: list[Any] = []
        try:
            for element in document:
                decoded.append(item(element))  # noqa: PERF401 - its length says which element did not fit
        except _MisfitError as misfit:
            misfit.path.append(f"[{len(decoded)}]")
            raise
        return tuple(decoded)

    return decode


def _mapping(item_kind: Any) -> _Decode:
    item = _decoder(item_kind)

    def decode(document: Json) -> dict[str, Any]:
        if not isinstance(document, dict):
            raise _MisfitError(f" is {document!r:.80}; allowed is an object")
        return _values(document, lambda _key: item)

    return decode


def _values(document: Mapping[str, Json], decoder_of: Callable[[str], _Decode]) -> dict[str, Any]:
    key = ""
    decoded = {}
    try:
        for key, element in document.items():
            decoded[key] = decoder_of(key)(element)
    except _MisfitError as misfit:
        misfit.path.append(f".{key}")
        raise
    return decoded


def _dataclass(kind: Any, arguments: tuple[Any, ...]) -> _Decode:
    hints = typing.get_type_hints(kind)
    parameters = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=False))
    decoders = {field.name: _decoder(_bind(hints[field.name], parameters)) for field in fields(kind)}
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]

    def decode(document: Json) -> Any:
        if not isinstance(document, dict):
            raise _MisfitError(f" is {document!r:.80}; allowed is an object")
        for key in document:
            if key not in decoders:
                raise _MisfitError(f".{key} is unknown; allowed are {sorted(decoders)}")
        for key in required:
            if key not in document:
                raise _MisfitError(f".{key} is missing")
        values = _values(document, decoders.__getitem__)
        try:
            return kind(**values)
        except ValueError as error:  # what the dataclass itself refuses
            raise _MisfitError(f": {error}") from error

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
