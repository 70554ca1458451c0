"""The import arrows and house rules of the design, held by reading every source file's syntax tree."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from functions.families import FAMILIES

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "auditor" / "python"
FOLDERS = [(ROOT / name, ROOT) for name in ("catalog", "cli", "functions", "infra", "sandbox")]
FOLDERS.append((LAYER / "auditor", LAYER))


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the project by its import path."""
    found = {"app": ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))}
    for folder, base in FOLDERS:
        for path in sorted(folder.rglob("*.py")):
            if not {".build", "cdk.out"} & set(path.parts):
                name = ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
                found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def path_of(module: str) -> Path:
    """The file of a module."""
    base = (LAYER if module.split(".", maxsplit=1)[0] == "auditor" else ROOT).joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def imports(tree: ast.Module) -> Iterator[str]:
    """What a module imports; ``from a.b import c`` is ``a.b.c`` where that is a module, else ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules() else str(node.module)


def within(name: str, *packages: str) -> bool:
    """Whether a module is one of these or lies in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


OURS = ("app", "auditor", "catalog", "cli", "functions", "infra", "sandbox")
_PARTS = ("family", "facts", "probe", "checks", "knowledge", "handler")


def family_rule(family: str, part: str) -> tuple[str, ...]:
    """What a part of a family may import of ours; a part that is not named by the design follows the probe's rule."""
    own = f"functions.{family}"
    helpers = tuple(name for name in modules() if name.startswith(f"{own}.") and name.rpartition(".")[2] not in _PARTS)
    match part:
        case "family":
            # Pure data: what infra and catalog import at synth.
            return (*helpers, "auditor.family", "auditor.domain")
        case "facts":
            # A family's own model may be as large as its facts; it is as pure as they are.
            models = (name for name in helpers if not any(within(other, *OURS) for other in imports(modules()[name])))
            return (*models, "auditor.domain")
        case "checks" | "knowledge":
            return (*helpers, f"{own}.family", f"{own}.facts", "auditor.domain")
        case "handler":
            return (f"{own}.family", f"{own}.probe", f"{own}.checks", "auditor.runtime")
        case _:
            allowed = (f"{own}.family", f"{own}.facts", "auditor.net", "auditor.adapters", "auditor.domain")
            return (*helpers, *allowed)


_FAMILIES = tuple(f"functions.{name}.family" for name in FAMILIES)
# Deviation, decided: a family's family.py is pure data, and the aggregator needs its period.
_PURE = tuple(f"functions.{name}.{part}" for name in FAMILIES for part in ("family", "facts", "knowledge"))
_CATALOGUE = ("catalog", "functions.families", *_FAMILIES, "auditor.family", "auditor.domain")

# Package -> what of ours it may import; the first that fits counts.
ARROWS: dict[str, tuple[str, ...]] = {
    "auditor.domain": ("auditor.domain",),
    "auditor.family": ("auditor.domain",),
    "auditor.names": ("auditor.domain",),
    "auditor.net": ("auditor.net", "auditor.domain"),
    "auditor.render": ("auditor.render", "auditor.domain"),
    "auditor.adapters": ("auditor.adapters", "auditor.names", "auditor.domain"),
    "auditor.runtime": ("auditor",),
    "auditor": (),
    "functions.families": (),
    "functions.aggregator": ("functions.aggregator", "functions.families", "auditor", *_PURE),
    "catalog": _CATALOGUE,
    # Key and metric names live in one module used by code, alarms and tests.
    "infra": ("infra", *_CATALOGUE, "auditor.names"),
    "app": ("infra", "catalog"),
    "cli": ("cli", "catalog", "functions", "auditor"),
    "sandbox": ("sandbox", "catalog", "auditor"),
}


def allowed(module: str) -> tuple[str, ...]:
    """What of ours a module may import."""
    for name in FAMILIES:
        if within(module, f"functions.{name}"):
            return family_rule(name, module.rpartition(".")[2])
    return next((arrows for package, arrows in ARROWS.items() if within(module, package)), ())


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_imports_only_along_the_arrows(module: str) -> None:
    ours = {name for name in imports(modules()[module]) if within(name, *OURS)}
    wrong = sorted(name for name in ours if name != module and not within(name, *allowed(module)))
    assert not wrong, f"{module} may import {allowed(module)}"


@pytest.mark.parametrize("module", sorted(name for name in modules() if within(name, "auditor.domain")))
def test_the_domain_is_pure(module: str) -> None:
    tree = modules()[module]
    for name in imports(tree):
        root = name.split(".")[0]
        assert root in sys.stdlib_module_names or within(name, "auditor.domain"), f"{name} is no standard library"
        assert root not in ("asyncio", "os", "random", "socket", "subprocess", "threading", "time", "urllib", "uuid")
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today", "environ"), f"line {node.lineno}: time is a parameter"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input"), f"line {node.lineno}"


def test_the_registry_imports_nothing() -> None:
    assert list(imports(modules()["functions.families"])) == []


MAY_READ_THE_ENVIRONMENT = ("auditor.runtime.settings", "infra.build", "sandbox")


@pytest.mark.parametrize("module", sorted(n for n in modules() if not within(n, *MAY_READ_THE_ENVIRONMENT)))
def test_the_environment_is_read_in_one_place(module: str) -> None:
    for node in ast.walk(modules()[module]):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        assert name not in ("environ", "environb", "getenv"), f"{path_of(module)}:{node.lineno}"


SHARED = ("auditor", "infra.constructs", "infra.stack", "functions.aggregator", "catalog")


def documentation(tree: ast.Module) -> set[int]:
    """The ids of texts that stand alone as a statement: docstrings."""
    return {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}


# Texts that begin like a family's name and mean the protocol, with the reason.
OTHER_MEANINGS = {
    "auditor.net.http": r"http\.[a-z_]+",  # the engine of the protocol finds the protocol's causes
    "auditor.net.http_message": r"http\.[a-z_]+",  # as above
    "catalog.texts": "http",  # the scheme of a URL
    "auditor.net.dns": r"dns\.[a-z_]+",  # as above: every family's probe resolves names
    "auditor.net.resolve": r"dns\.[a-z_]+",  # as above
    "auditor.net.probe": r"(dns|tls)\.[a-z_]*",  # as above, and every family's probe can speak TLS
    "auditor.domain.cause": r"(dns|tls)\.[a-z_]+",  # the kernel's own causes
    "auditor.domain.topology": "dns|queue|tls|vpc",  # kinds of components
    "auditor.net.causes": r"tls\.[a-z_]+",  # as above
    "auditor.net.stream": r"tls\.[a-z_]+",  # as above
    "auditor.domain.diagnosis.tls_words": r"tls(\.[a-z_]+)?",  # what those mean, and a word
    "auditor.domain.diagnosis.tls_places": "tls",  # a kind of component
    "auditor.domain.diagnosis.tls_rules": "http",  # the scheme of a URL
    "auditor.domain.observation": "tls",  # a phase
    "auditor.render.stylesheet": "tls",  # a phase
    "auditor.domain.diagnosis.names": "dns|vpc",  # kinds of components
    "auditor.domain.diagnosis.zone_rules": "dns|vpc",  # kinds of components
    "auditor.domain.diagnosis.words": "load_balancer",  # who wrote an answer
    "auditor.domain.diagnosis.network_rules": "vpc",  # a kind of component
}


@pytest.mark.parametrize("module", sorted(n for n in modules() if within(n, *SHARED)))
def test_shared_code_names_no_family(module: str) -> None:
    tree = modules()[module]
    told = documentation(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            named = re.fullmatch(rf"({'|'.join(FAMILIES)})([._].*)?", node.value)
            assert named is None or re.fullmatch(OTHER_MEANINGS.get(module, "(?!)"), node.value), (
                f"{path_of(module)}:{node.lineno} names the family {node.value!r}"
            )


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not [name for name in modules() if drawers & set(name.split("."))]


# Module -> why it has one subject in spite of its length.
LONG_WITH_A_REASON: dict[str, str] = {}


def test_no_file_has_two_subjects() -> None:
    lengths = {name: len(path_of(name).read_text(encoding="utf-8").splitlines()) for name in modules()}
    long = {name: lines for name, lines in lengths.items() if lines > 300 and name not in LONG_WITH_A_REASON}
    assert not long, "a file over 300 lines has two subjects: split it, or say why it has one"


def test_no_reason_is_kept_for_a_file_that_is_short() -> None:
    for name in LONG_WITH_A_REASON:
        assert len(path_of(name).read_text(encoding="utf-8").splitlines()) > 300
