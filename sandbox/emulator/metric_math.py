"""CloudWatch metric math on one period: `errors / invocations * 100`, `IF(FILL(m1, 0) > 3, 1, 0)`. Pure.

Restricted on purpose to what our alarms use: numbers, metric ids, + - * /, comparisons, AND OR NOT, and the functions
FILL (with a number), IF, MAX, MIN, SUM, AVG. Parsed with `ast`, walked by hand, never evaluated as Python. Anything
else is refused when the alarm is created. None is a missing data point: arithmetic with one gives none, as on AWS.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping

Value = float | None

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISON: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_AGGREGATE: dict[str, Callable[[list[float]], float]] = {
    "MAX": max,
    "MIN": min,
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
}
_ALLOWED = "numbers, metric ids, + - * /, comparisons, AND, OR, NOT, FILL(id, number), IF, MAX, MIN, SUM, AVG"
_WORDS = {"AND": "and", "OR": "or", "NOT": "not"}


class MetricMathError(ValueError):
    """An expression that the emulator does not evaluate; the message names the part and what is allowed."""


def names(expression: str) -> frozenset[str]:
    """The ids that the expression refers to. Raises MetricMathError where it uses what is not supported."""
    tree = _parse(expression)
    functions = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in functions)
    evaluate(expression, dict.fromkeys(found, 1.0))
    return found


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """The expression's value for one period, given the period's value of each id."""
    return _value(_parse(expression), expression, values)


def _parse(expression: str) -> ast.expr:
    text = re.sub(r"\b(AND|OR|NOT)\b", lambda match: _WORDS[match[1]], expression)
    text = text.replace("&&", " and ").replace("||", " or ")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise MetricMathError(
            f"metric math {expression!r} cannot be parsed: {error.msg}; allowed: {_ALLOWED}"
        ) from None


def _value(node: ast.expr, expression: str, values: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not() as sign, operand=operand):
            return _signed(sign, _value(operand, expression, values))
        case ast.BinOp(left=left, op=symbol, right=right) if type(symbol) in _ARITHMETIC:
            return _arithmetic(symbol, _value(left, expression, values), _value(right, expression, values))
        case ast.BoolOp(op=symbol, values=parts):
            return _logical(symbol, [_value(part, expression, values) for part in parts])
        case ast.Compare(left=left, ops=[symbol], comparators=[right]) if type(symbol) in _COMPARISON:
            return _compared(symbol, _value(left, expression, values), _value(right, expression, values))
        case ast.Call(func=ast.Name(id=function), args=arguments, keywords=[]):
            return _called(function, arguments, expression, values)
        case _:
            part = ast.unparse(node)
            raise MetricMathError(f"metric math {expression!r}: {part!r} is not supported; allowed: {_ALLOWED}")


def _signed(sign: ast.unaryop, value: Value) -> Value:
    if value is None:
        return None
    if isinstance(sign, ast.Not):
        return float(not value)
    return -value if isinstance(sign, ast.USub) else value


def _arithmetic(symbol: ast.operator, left: Value, right: Value) -> Value:
    if left is None or right is None or (isinstance(symbol, ast.Div) and right == 0):
        return None  # CloudWatch leaves out the data point of a division by zero
    return _ARITHMETIC[type(symbol)](left, right)


def _logical(symbol: ast.boolop, parts: list[Value]) -> Value:
    if any(part is None for part in parts):
        return None
    return float(all(parts) if isinstance(symbol, ast.And) else any(parts))


def _compared(symbol: ast.cmpop, left: Value, right: Value) -> Value:
    if left is None or right is None:
        return None
    return float(_COMPARISON[type(symbol)](left, right))


def _called(function: str, arguments: list[ast.expr], expression: str, values: Mapping[str, Value]) -> Value:
    flat = [each for part in arguments for each in (part.elts if isinstance(part, ast.List) else [part])]
    found = [_value(part, expression, values) for part in flat]
    if function == "FILL" and len(found) == 2:
        return found[1] if found[0] is None else found[0]
    if function == "IF" and len(found) in (2, 3):
        if found[0] is None:
            return None
        return found[1] if found[0] else found[2] if len(found) == 3 else None
    if function in _AGGREGATE and len(found) > 1:
        present = [value for value in found if value is not None]
        return _AGGREGATE[function](present) if present else None
    raise MetricMathError(
        f"metric math {expression!r}: {function} with {len(found)} argument(s) is not supported; allowed: {_ALLOWED}"
        " (MAX, MIN, SUM, AVG of several metrics)"
    )
