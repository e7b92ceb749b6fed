"""Lines of a run against the JSON Schema that a track's file holds for them, in bounded time and memory."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

# Of each branch of a choice. jsonschema gathers all of them: a line of 16 MiB can have millions.
ERRORS_OF_A_BRANCH = 100


def line_validator(schema: Mapping[str, Any]) -> "Validator":
    """What holds values against a line schema. It fetches nothing: the schema has no references."""
    return _validator(json.dumps(schema))


def fault_of_schema(schema: Mapping[str, Any]) -> str | None:
    """Why a JSON object is no JSON Schema; None if it is one."""
    import jsonschema

    kind: Any = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        return f"{error.json_path} {error.message[:200]}"
    return None


@lru_cache(maxsize=16)
def _validator(schema_text: str) -> "Validator":
    import jsonschema
    from referencing import Registry

    schema = json.loads(schema_text)
    kind: Any = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    extended: Any = jsonschema.validators
    bounded = extended.extend(kind, {"oneOf": _one_of, "anyOf": _any_of})
    validator: Validator = bounded(schema, registry=Registry())
    return validator


def _any_of(validator: Any, branches: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    """JSON Schema's `anyOf`, with the first errors of each branch as context."""
    fitting, context = _tried(validator, branches, instance)
    if not fitting:
        yield _none_fits(instance, context)


def _one_of(validator: Any, branches: Any, instance: Any, schema: Any) -> "Iterator[ValidationError]":
    """JSON Schema's `oneOf`, in the same way."""
    import jsonschema

    fitting, context = _tried(validator, branches, instance)
    if not fitting:
        yield _none_fits(instance, context)
    elif len(fitting) > 1:
        named = ", ".join(repr(branch) for branch in (*fitting[1:], fitting[0]))
        yield jsonschema.ValidationError(f"{instance!r} is valid under each of {named}")


def _tried(validator: Any, branches: Any, instance: Any) -> "tuple[list[Any], list[ValidationError]]":
    """The branches that fit, and the first errors of each that does not."""
    fitting, context = [], []
    for index, branch in enumerate(branches):
        errors = list(islice(validator.descend(instance, branch, schema_path=index), ERRORS_OF_A_BRANCH))
        if errors:
            context += errors
        else:
            fitting.append(branch)
    return fitting, context


def _none_fits(instance: Any, context: "list[ValidationError]") -> "ValidationError":
    import jsonschema

    return jsonschema.ValidationError(f"{instance!r} is not valid under any of the given schemas", context=context)
