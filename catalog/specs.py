"""Families' spec dataclasses as pydantic types, and from them the model of a whole catalogue."""

import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import timedelta
from functools import cache
from typing import Annotated, Any, Literal, Union

from pydantic import AfterValidator, create_model
from pydantic import Field as ModelField

from auditor.domain.codec import to_json
from auditor.family import Family
from catalog.model import Catalogue, Entry, TargetEntry
from catalog.texts import Duration, format_duration


def catalogue_model(families: Sequence[Family[Any]]) -> type[Catalogue]:
    """The catalogue's model in which each target's ``spec`` has the type of its family."""
    return _catalogue_model(tuple(families))


@cache
def _catalogue_model(families: tuple[Family[Any], ...]) -> type[Catalogue]:
    targets = [_target_model(family) for family in families]
    if len(targets) == 1:
        target: Any = targets[0]
    else:
        target = Annotated[Union[tuple(targets)], ModelField(discriminator="family")]  # noqa: UP007 - known at run time only
    model: Any = create_model(
        "Catalogue",
        __base__=Catalogue,
        __doc__=Catalogue.__doc__,
        targets=(tuple[target, ...], ModelField(min_length=1)),
    )
    return typing.cast("type[Catalogue]", model)


def _target_model(family: Family[Any]) -> type[TargetEntry]:
    name: Any = Literal[family.name]
    model: Any = create_model(
        f"{family.name.title().replace('_', '')}Target",
        __base__=TargetEntry,
        __doc__=f"A target of the family {family.name}: {family.title}",
        family=(name, ...),
        spec=(_field_type(family.spec_type), ...),
    )
    return typing.cast("type[TargetEntry]", model)


@cache
def _dataclass_type(kind: Any) -> Any:
    """A model with the dataclass's fields that, once valid, becomes the dataclass; so its own rules are asked, too."""
    hints = typing.get_type_hints(kind)
    # Under names of its own, because a field called `json` would hide an attribute of pydantic's BaseModel.
    names = {field.name: f"spec_{field.name}" for field in fields(kind)}
    declared: dict[str, Any] = {
        names[field.name]: (_field_type(hints[field.name]), _model_field(field)) for field in fields(kind)
    }
    # A dataclass without a docstring gets its signature as one, which teaches an owner nothing.
    doc = None if (kind.__doc__ or "").startswith(f"{kind.__name__}(") else kind.__doc__
    model: Any = create_model(kind.__name__, __base__=Entry, __module__=kind.__module__, __doc__=doc, **declared)

    def built(entry: Any) -> Any:
        return kind(**{name: getattr(entry, own_name) for name, own_name in names.items()})

    return Annotated[model, AfterValidator(built)]


def _model_field(field: "Field[Any]") -> Any:
    if field.default is not MISSING:
        default = field.default
    elif field.default_factory is not MISSING:
        default = field.default_factory()
    else:
        return ModelField(alias=field.name)
    # Built by the dataclass itself, so the default needs no validation; the schema shows it as an owner writes it.
    return ModelField(
        alias=field.name, default_factory=lambda: default, json_schema_extra={"default": _written(default)}
    )


def _written(value: Any) -> Any:
    """A value as an owner writes it in YAML."""
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Mapping):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _written(getattr(value, field.name)) for field in fields(value)}
    return to_json(value)


def _field_type(hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is timedelta:
        return Duration
    if is_dataclass(hint):
        return _dataclass_type(typing.cast("Any", hint))
    if origin is tuple:
        return tuple[_field_type(arguments[0]), ...]  # type: ignore[misc] # a run-time type
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return dict[str, _field_type(arguments[1])]  # type: ignore[misc] # a run-time type
    if origin in (Union, types.UnionType):
        return Union[tuple(_field_type(argument) for argument in arguments)]  # noqa: UP007 - a union of run-time values
    return hint
