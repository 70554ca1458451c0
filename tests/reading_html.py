"""Reads the report's HTML into a tree, strictly: what a browser would repair is refused."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Node:
    """One element with its children; texts are plain strings."""

    tag: str
    attributes: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def walk(self) -> list["Node"]:
        nested = [node for child in self.children if isinstance(child, Node) for node in child.walk()]
        return [self, *nested]

    def all(self, tag: str, kind: str | None = None) -> list["Node"]:
        return [
            node
            for node in self.walk()
            if node.tag == tag and (kind is None or kind in node.attributes.get("class", "").split())
        ]

    def id(self, id: str) -> "Node | None":
        return next((node for node in self.walk() if node.attributes.get("id") == id), None)


class _Reader(HTMLParser):
    """Builds the tree, and refuses what browsers would repair: unbalanced, doubled or unquoted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("document", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> repeats an attribute"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in ("meta", "br"):
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "rect", f"<{tag}/> is no void element of HTML"
        self.open[-1].children.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data!r}")


def read_html(document: str) -> Node:
    """The tree of a document."""
    reader = _Reader()
    reader.feed(document)
    reader.close()
    assert [node.tag for node in reader.open] == ["document"], "elements are left open"
    return reader.root
