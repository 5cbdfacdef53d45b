"""The arguments of an operation as a pydantic model, made out of the table: one check and one schema for both servers.

Reads: Operation.  Gives: a model, its arguments within their bounds, or the one error that says what is wanted. Without
pydantic, which both extras bring, we would have to write the schema and the check of every kind of value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, create_model

from kb.errors import RequestError
from kb.messages import Language, Words
from kb.operations import Operation, Parameter

_STREAM = Words("the answer as it grows, as server-sent events", "随生成逐步给出回答（server-sent events）")
_KNOWN = Words("only what the operation has: {names}", "只能使用该操作已有的参数：{names}")


@cache
def model_of(operation: Operation, language: Language, *, streams: bool = False) -> type[BaseModel]:
    """The model; its descriptions are in the language. streams: whether the answer may be asked for as it grows."""
    fields: dict[str, Any] = {one.name: (_kind(one), _field(one, language)) for one in operation.parameters}
    if streams:
        fields["stream"] = (bool, Field(default=False, description=_STREAM.in_(language)))
    return create_model(f"{operation.name.title()}Arguments", __config__=ConfigDict(extra="forbid", strict=True),
                        __doc__=operation.words.in_(language), **fields)


def _kind(one: Parameter) -> Any:
    kind: Any = bool
    if one.kind == "number":
        kind = Annotated[int, Field(ge=one.least, le=one.most), BeforeValidator(_whole)]
    elif one.kind == "text":
        kind = Annotated[str, StringConstraints(min_length=one.least, max_length=one.most)]
    elif one.kind == "choice":
        kind = Literal[one.choices]
    elif one.kind == "texts":
        kind = Annotated[list[Annotated[str, StringConstraints(max_length=one.longest)]],
                         Field(min_length=one.least, max_length=one.most)]
    return kind if one.is_required or one.default is not None else kind | None


def _whole(value: Any) -> Any:
    """A number as JSON may write a whole one: 3 and 3.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _field(one: Parameter, language: Language) -> Any:
    words = one.words.in_(language)
    if one.is_required:
        return Field(description=words)
    return Field(default=list(one.default) if isinstance(one.default, tuple) else one.default, description=words)


def checked(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, with defaults for those that were not given. Errors: RequestError E_ARGUMENT."""
    try:
        return model_of(operation, "en").model_validate(dict(given)).model_dump()
    except ValidationError as error:
        raise refused(operation, error.errors()) from None


def refused(operation: Operation, errors: Sequence[Any]) -> RequestError:
    """What pydantic says, as our error about the first argument that cannot be used."""
    path = [str(part) for part in errors[0]["loc"] if part != "body"]
    known = {one.name: one for one in operation.parameters}
    name = path[0] if path else "JSON"
    if name in known:
        return RequestError("E_ARGUMENT", name=name, wanted=known[name].wanted)
    names = ", ".join(known)
    return RequestError("E_ARGUMENT", name=name[:80], wanted=Words(_KNOWN.en.format(names=names),
                                                                  _KNOWN.zh.format(names=names)))
